#include "upgrade/lineage_janitor.h"

#include "server/process/heartbeat_monitor.h"

#include <signal.h>

#include <algorithm>
#include <cerrno>
#include <vector>

namespace baton::upgrade {
namespace {

/// A zombie is dead too: its parent need not be one of ours.
bool is_dead(std::int32_t pid) {
    if (::kill(pid, 0) != 0) return errno == ESRCH;
    const auto usage = read_process_usage(pid);
    return usage && usage->state == 'Z';
}

}  // namespace

void free_slots_of_the_dead(shared::LineageMemory& memory) {
    std::vector<std::uint32_t> orphaned;  // generations whose master is dead
    std::vector<std::uint32_t> governed;
    for (const auto& slot : memory.generations()) {
        if (slot.state.load(std::memory_order_acquire) == shared::GenerationState::free) continue;
        (is_dead(slot.master_pid.load()) ? orphaned : governed).push_back(slot.number.load());
    }
    for (auto& worker : memory.slots()) {
        const auto pid = worker.pid.load(std::memory_order_acquire);
        if (pid == 0 || std::ranges::find(governed, worker.generation.load()) != governed.end()) continue;
        if (is_dead(pid < 0 ? -pid : pid)) {
            memory.release(worker);
        } else {
            std::erase(orphaned, worker.generation.load());
        }
    }
    for (auto& slot : memory.generations()) {
        if (std::ranges::find(orphaned, slot.number.load()) != orphaned.end())
            slot.state.store(shared::GenerationState::free, std::memory_order_release);
    }
}

void mark_closing(shared::LineageMemory& memory, std::int32_t pid) {
    for (auto& slot : memory.generations()) {
        if (slot.state.load() != shared::GenerationState::free && slot.master_pid.load() == pid)
            slot.state.store(shared::GenerationState::closing, std::memory_order_release);
    }
}

std::vector<std::uint32_t> orphaned_generations(shared::LineageMemory& memory) {
    std::vector<std::uint32_t> orphaned;
    for (const auto& slot : memory.generations()) {
        if (slot.state.load(std::memory_order_acquire) == shared::GenerationState::free ||
            !is_dead(slot.master_pid.load()))
            continue;
        const auto number = slot.number.load();
        const bool has_workers =
            std::ranges::any_of(memory.slots(), [number](const shared::WorkerSlot& worker) {
                const auto pid = worker.pid.load(std::memory_order_acquire);
                return pid > 0 && worker.generation.load() == number && !is_dead(pid);
            });
        if (has_workers) orphaned.push_back(number);
    }
    return orphaned;
}

void mark_draining_orphans(shared::LineageMemory& memory, TimePoint deadline) {
    for (auto& slot : memory.generations()) {
        const auto state = slot.state.load(std::memory_order_acquire);
        const bool serves =
            state == shared::GenerationState::serving || state == shared::GenerationState::standing_by;
        if (!serves || !is_dead(slot.master_pid.load())) continue;
        slot.deadline.store(deadline.time_since_epoch().count(), std::memory_order_relaxed);
        slot.state.store(shared::GenerationState::draining, std::memory_order_release);
    }
}

}  // namespace baton::upgrade
