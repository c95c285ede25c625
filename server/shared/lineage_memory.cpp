#include "server/shared/lineage_memory.h"

#include "server/event/clock.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>

namespace baton::shared {
namespace {

constexpr std::uint64_t magic = 0x45474145'4e494c42;  // "BLINEAGE"
/// Raised with every change of the layout below or of what its fields mean.
constexpr std::uint32_t layout_version = 5;
constexpr std::size_t page_size = 4096;
constexpr std::size_t counter_count = static_cast<std::size_t>(Counter::count_);
constexpr std::size_t gauge_count = static_cast<std::size_t>(Gauge::count_);
/// How often a reader starts again while slots are being freed before it takes what it has.
constexpr int most_read_attempts = 10'000;

bool process_exists(std::int32_t pid) {
    return ::kill(pid, 0) == 0 || errno == EPERM;
}

/// Keeps the pages around `begin` out of core dumps and, if this user may lock so much, out of the swap. What
/// is refused is not missed: everything works without.
void keep_secret(const void* begin, std::size_t size) {
    const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
    const auto address = reinterpret_cast<std::uintptr_t>(begin);
    const std::uintptr_t first = address / page * page;
    const std::size_t length = (address + size - first + page - 1) / page * page;
    void* const pages = reinterpret_cast<void*>(first);
    ::madvise(pages, length, MADV_DONTDUMP);
    ::mlock(pages, length);
}

}  // namespace

/// What the memfd holds. A master whose own sizes differ does not attach.
struct LineageMemory::Layout {
    std::uint64_t magic_word;
    std::uint32_t version;
    std::uint32_t size;
    std::uint32_t counters;
    std::uint32_t gauges;
    std::int64_t started_at;
    std::atomic<std::uint32_t> last_generation;
    std::atomic<std::int32_t> totals_owner;    // pid of the master that frees a slot just now, 0 = nobody
    std::atomic<std::uint32_t> totals_change;  // counts the slots that were freed
    std::atomic<std::uint32_t> slots_used;     // those behind have never been claimed
    std::atomic<std::uint64_t> totals[counter_count];
    GenerationSlot generations[max_generations];
    ReplacementLedger replacements;
    WorkerSlot slots[max_workers];
    alignas(page_size) TicketKeyRing ticket_keys;  // in a page of its own, see `keep_secret`
};

/// Held while a slot moves into the totals. Masters of several generations may do so at once; one that was
/// killed inside leaves the lock behind, and the next one takes it from the dead.
class LineageMemory::TotalsLock {
public:
    explicit TotalsLock(Layout& layout) : layout_(layout) {
        const std::int32_t self = ::getpid();
        std::int32_t owner = 0;
        while (!layout_.totals_owner.compare_exchange_weak(owner, self, std::memory_order_acquire)) {
            if (owner != 0 && process_exists(owner)) owner = 0;
            ::sched_yield();
        }
    }
    TotalsLock(const TotalsLock&) = delete;
    TotalsLock& operator=(const TotalsLock&) = delete;
    ~TotalsLock() {
        layout_.totals_change.fetch_add(1, std::memory_order_release);
        layout_.totals_owner.store(0, std::memory_order_release);
    }

private:
    Layout& layout_;
};

Result<LineageMemory> LineageMemory::create() {
    Fd memory{::memfd_create("baton-lineage", MFD_CLOEXEC | MFD_ALLOW_SEALING)};
    if (!memory || ::ftruncate(memory.get(), sizeof(Layout)) != 0 ||
        ::fcntl(memory.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0)
        return system_failure();
    void* const mapped = ::mmap(nullptr, sizeof(Layout), PROT_READ | PROT_WRITE, MAP_SHARED, memory.get(), 0);
    if (mapped == MAP_FAILED) return system_failure();
    // The pages are zero, which is what every atomic starts with; writing only the header leaves the rest
    // untouched.
    auto* const layout = static_cast<Layout*>(mapped);
    layout->version = layout_version;
    layout->size = sizeof(Layout);
    layout->counters = counter_count;
    layout->gauges = gauge_count;
    layout->started_at = Clock::system().wall().time_since_epoch().count();
    layout->magic_word = magic;
    return LineageMemory(std::move(memory), layout);
}

Result<LineageMemory> LineageMemory::attach(Fd memory) {
    struct stat status {};
    if (::fstat(memory.get(), &status) != 0) return system_failure();
    const int seals = ::fcntl(memory.get(), F_GET_SEALS);
    // Without the seal whoever else holds the file could shrink it under us (SIGBUS).
    if (status.st_size != sizeof(Layout) || seals < 0 || (seals & F_SEAL_SHRINK) == 0)
        return failure(Reason::bad_message, Side::internal);
    void* const mapped = ::mmap(nullptr, sizeof(Layout), PROT_READ | PROT_WRITE, MAP_SHARED, memory.get(), 0);
    if (mapped == MAP_FAILED) return system_failure();
    auto* const layout = static_cast<Layout*>(mapped);
    if (layout->magic_word != magic || layout->version != layout_version || layout->size != sizeof(Layout) ||
        layout->counters != counter_count || layout->gauges != gauge_count) {
        ::munmap(mapped, sizeof(Layout));
        return failure(Reason::bad_message, Side::internal);
    }
    return LineageMemory(std::move(memory), layout);
}

LineageMemory::LineageMemory(Fd memory, Layout* layout) : memory_(std::move(memory)), layout_(layout) {
    keep_secret(&layout_->ticket_keys, sizeof layout_->ticket_keys);
}

LineageMemory::LineageMemory(LineageMemory&& other) noexcept
    : memory_(std::move(other.memory_)), layout_(std::exchange(other.layout_, nullptr)) {}

LineageMemory& LineageMemory::operator=(LineageMemory&& other) noexcept {
    std::swap(memory_, other.memory_);
    std::swap(layout_, other.layout_);
    return *this;
}

LineageMemory::~LineageMemory() {
    if (layout_ != nullptr) ::munmap(layout_, sizeof(Layout));
}

std::span<WorkerSlot> LineageMemory::slots() {
    const auto used = layout_->slots_used.load(std::memory_order_acquire);
    return {layout_->slots, std::min<std::size_t>(used, max_workers)};
}

std::span<const WorkerSlot> LineageMemory::slots() const {
    return const_cast<LineageMemory*>(this)->slots();
}

WorkerSlot* LineageMemory::claim(std::uint32_t generation, std::uint32_t index) {
    for (std::uint32_t place = 0; place < max_workers; ++place) {
        WorkerSlot& slot = layout_->slots[place];
        std::int32_t free = 0;
        if (!slot.pid.compare_exchange_strong(free, -::getpid(), std::memory_order_acq_rel)) continue;
        for (auto& counter : slot.counters) counter.store(0, std::memory_order_relaxed);
        for (auto& gauge : slot.gauges) gauge.store(0, std::memory_order_relaxed);
        for (auto& bucket : slot.latencies) bucket.store(0, std::memory_order_relaxed);
        slot.generation.store(generation, std::memory_order_relaxed);
        slot.index.store(index, std::memory_order_relaxed);
        slot.state.store(WorkerState::starting, std::memory_order_relaxed);
        slot.heartbeat.store(0, std::memory_order_relaxed);
        auto used = layout_->slots_used.load(std::memory_order_relaxed);
        while (used <= place && !layout_->slots_used.compare_exchange_weak(used, place + 1)) {
        }
        return &slot;
    }
    return nullptr;
}

void LineageMemory::release(WorkerSlot& slot) {
    const TotalsLock lock(*layout_);
    GenerationSlot* const generation = this->generation(slot.generation.load(std::memory_order_relaxed));
    for (std::size_t i = 0; i < counter_count; ++i) {
        // The zero is stored first: a reader that sees neither value starts again, one that saw both would
        // count twice.
        const auto value = slot.counters[i].exchange(0, std::memory_order_relaxed);
        layout_->totals[i].fetch_add(value, std::memory_order_relaxed);
        if (generation != nullptr) generation->ended_workers[i].fetch_add(value, std::memory_order_relaxed);
    }
    if (generation != nullptr)
        for (std::size_t i = 0; i < latency_buckets; ++i)
            generation->ended_workers_latencies[i].fetch_add(
                slot.latencies[i].load(std::memory_order_relaxed), std::memory_order_relaxed);
    for (auto& gauge : slot.gauges) gauge.store(0, std::memory_order_relaxed);
    slot.pid.store(0, std::memory_order_release);
}

GenerationSlot* LineageMemory::generation(std::uint32_t number) {
    for (GenerationSlot& slot : layout_->generations) {
        if (slot.state.load(std::memory_order_acquire) != GenerationState::free &&
            slot.number.load(std::memory_order_relaxed) == number)
            return &slot;
    }
    return nullptr;
}

/// Sums up again and again until no slot was freed meanwhile.
template <class SumUp>
std::uint64_t LineageMemory::undisturbed(SumUp sum_up) const {
    std::uint64_t sum = 0;
    for (int attempt = 0; attempt < most_read_attempts; ++attempt) {
        const auto before = layout_->totals_change.load(std::memory_order_acquire);
        const bool changing = layout_->totals_owner.load(std::memory_order_acquire) != 0;
        sum = sum_up();
        std::atomic_thread_fence(std::memory_order_acquire);
        if (!changing && layout_->totals_owner.load(std::memory_order_acquire) == 0 &&
            layout_->totals_change.load(std::memory_order_acquire) == before)
            return sum;
        ::sched_yield();
    }
    return sum;
}

std::uint64_t LineageMemory::total(Counter counter) const {
    return undisturbed([this, counter] {
        std::uint64_t sum =
            layout_->totals[static_cast<std::size_t>(counter)].load(std::memory_order_acquire);
        for (const WorkerSlot& slot : slots()) {
            if (slot.pid.load(std::memory_order_acquire) != 0) sum += slot.value(counter);
        }
        return sum;
    });
}

std::uint64_t LineageMemory::total(Counter counter, const GenerationSlot& generation) const {
    const auto number = generation.number.load(std::memory_order_relaxed);
    return undisturbed([this, counter, &generation, number] {
        std::uint64_t sum =
            generation.ended_workers[static_cast<std::size_t>(counter)].load(std::memory_order_acquire);
        for (const WorkerSlot& slot : slots()) {
            if (slot.pid.load(std::memory_order_acquire) != 0 &&
                slot.generation.load(std::memory_order_relaxed) == number)
                sum += slot.value(counter);
        }
        return sum;
    });
}

/// A worker that ends just now may be missing: for a comparison, not for a sum that must never fall.
LatencyCounts LineageMemory::latencies(const GenerationSlot& generation) const {
    LatencyCounts counts{};
    const auto number = generation.number.load(std::memory_order_relaxed);
    for (std::size_t i = 0; i < latency_buckets; ++i)
        counts[i] = generation.ended_workers_latencies[i].load(std::memory_order_relaxed);
    for (const WorkerSlot& slot : slots()) {
        if (slot.pid.load(std::memory_order_acquire) == 0 ||
            slot.generation.load(std::memory_order_relaxed) != number)
            continue;
        for (std::size_t i = 0; i < latency_buckets; ++i)
            counts[i] += slot.latencies[i].load(std::memory_order_relaxed);
    }
    return counts;
}

std::int64_t LineageMemory::total(Gauge gauge) const {
    std::int64_t sum = 0;
    for (const WorkerSlot& slot : slots()) {
        if (slot.pid.load(std::memory_order_acquire) != 0) sum += slot.value(gauge);
    }
    return sum;
}

std::int64_t LineageMemory::total(Gauge gauge, const GenerationSlot& generation) const {
    const auto number = generation.number.load(std::memory_order_relaxed);
    std::int64_t sum = 0;
    for (const WorkerSlot& slot : slots()) {
        if (slot.pid.load(std::memory_order_acquire) != 0 &&
            slot.generation.load(std::memory_order_relaxed) == number)
            sum += slot.value(gauge);
    }
    return sum;
}

std::uint64_t LineageMemory::open_connections(const GenerationSlot& generation) const {
    const auto open = total(Gauge::connections, generation) + total(Gauge::websockets, generation) +
                      total(Gauge::tunnels, generation);
    return static_cast<std::uint64_t>(std::max<std::int64_t>(open, 0));
}

std::uint64_t LineageMemory::taken_connections(const GenerationSlot& generation) const {
    return total(Counter::connections_moved_out, generation) + total(Counter::drain_closed, generation);
}

/// One that moves just now may be missing, or be counted twice.
std::uint64_t LineageMemory::drained_connections(const GenerationSlot& generation) const {
    const auto had = generation.had_at_drain.load(std::memory_order_relaxed);
    const auto seen = open_connections(generation) + taken_connections(generation);
    return had > seen ? had - seen : 0;
}

std::span<GenerationSlot> LineageMemory::generations() {
    return layout_->generations;
}

GenerationSlot* LineageMemory::claim_generation(std::uint32_t number) {
    for (GenerationSlot& slot : layout_->generations) {
        auto free = GenerationState::free;
        if (!slot.state.compare_exchange_strong(free, GenerationState::starting, std::memory_order_acq_rel))
            continue;
        slot.number.store(number, std::memory_order_relaxed);
        slot.master_pid.store(::getpid(), std::memory_order_relaxed);
        slot.started_at.store(Clock::system().wall().time_since_epoch().count(), std::memory_order_relaxed);
        slot.deadline.store(0, std::memory_order_relaxed);
        slot.worker_deaths.store(0, std::memory_order_relaxed);
        slot.drain_began.store(0, std::memory_order_relaxed);
        slot.close_spread.store(0, std::memory_order_relaxed);
        slot.had_at_drain.store(0, std::memory_order_relaxed);
        for (auto& counter : slot.ended_workers) counter.store(0, std::memory_order_relaxed);
        for (auto& bucket : slot.ended_workers_latencies) bucket.store(0, std::memory_order_relaxed);
        std::memset(slot.version, 0, sizeof slot.version);
        std::memset(slot.config_hash, 0, sizeof slot.config_hash);
        return &slot;
    }
    return nullptr;
}

std::uint32_t LineageMemory::next_generation() {
    return layout_->last_generation.fetch_add(1, std::memory_order_relaxed) + 1;
}

void LineageMemory::number_from(std::uint32_t number) {
    auto last = layout_->last_generation.load(std::memory_order_relaxed);
    while (last + 1 < number && !layout_->last_generation.compare_exchange_weak(last, number - 1)) {
    }
}

ReplacementLedger& LineageMemory::replacements() {
    return layout_->replacements;
}

TicketKeyRing& LineageMemory::ticket_keys() {
    return layout_->ticket_keys;
}

std::int64_t LineageMemory::started_at() const {
    return layout_->started_at;
}

}  // namespace baton::shared
