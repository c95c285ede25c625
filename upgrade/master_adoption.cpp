/// What becomes of a lineage whose serving master has died. The next one asks the orphans for what is left,
/// starts its own workers with that, and lets the orphans hand over to them; older masters wait for it as
/// orphans do.
#include "server/log/log.h"
#include "upgrade/drain.h"
#include "upgrade/lineage_janitor.h"
#include "upgrade/master.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

namespace baton::upgrade {

/// False when nobody is there to be adopted.
bool Master::look_for_orphans() {
    adoption_ = std::make_unique<Adoption>(loop_, LineageSocket::path_beside(config().process.pid_file),
                                           hello_, static_cast<AdoptionHandler&>(*this));
    if (adoption_->start()) return true;
    adoption_.reset();
    return false;
}

/// Those of another master of this lineage that was killed: it may have been on trial, or about to retire.
void Master::look_after_orphans() {
    const auto orphaned = orphaned_generations(*memory_);
    const bool are_new = std::ranges::any_of(orphaned, [this](auto generation) {
        return std::ranges::find(adopted_, generation) == adopted_.end();
    });
    adopted_ = orphaned;
    if (are_new) look_for_orphans();
}

void Master::on_estate_collected() {
    if (phase_ != Phase::starting) return;
    auto lineage = adoption_->take_lineage();
    log::notice("lineage.adopted")
        .with("orphans", lineage.orphans)
        .with("generation", lineage.generation)
        .with("sockets", lineage.inheritance.listeners.size());
    // What the service manager has kept comes first: it may be the same sockets.
    auto& own = start_.inheritance.listeners;
    for (auto& socket : lineage.inheritance.listeners) {
        const bool is_there = std::ranges::any_of(own, [&socket](const InheritedSocket& one) {
            return are_same_socket(one.socket.get(), socket.socket.get());
        });
        if (!is_there) own.push_back(std::move(socket));
    }
    start_.inheritance.memory = std::move(lineage.inheritance.memory);
    start_.inheritance.lineage = std::move(lineage.inheritance.lineage);
    come_up(lineage.generation);
}

void Master::on_orphan(std::unique_ptr<ControlChannel> line) {
    switch (phase_) {
        case Phase::starting: orphans_.push_back(std::move(line)); return;
        case Phase::serving: return adopt(std::move(line));
        case Phase::awaiting_commit:
        case Phase::retiring:
        case Phase::stopping:
        case Phase::over: loop_.destroy_later(std::move(line)); return;
    }
}

void Master::adopt_orphans() {
    if (!orphans_.empty()) adopted_ = orphaned_generations(*memory_);
    for (auto& line : std::exchange(orphans_, {})) adopt(std::move(line));
}

/// From now on an older master like any other; its generation has no other that could have it drained.
void Master::adopt(std::unique_ptr<ControlChannel> orphan) {
    ControlChannel& line = *orphan;
    elders_.add(std::move(orphan));
    if (!line.is_open()) return;
    if (config().upgrade.handover != config::Handover::off)
        line.send(Invite{current_->number(), current_->worker_count(), start_.options.parcel_kinds});
    const DrainOrder order = drain_for_successor(config().drain, loop_.now());
    line.send(stop_of(0, order));
    mark_draining_orphans(*memory_, order.deadline);
}

// --- An older master that has lost its commander ---

void Master::on_channel_lost(ControlChannel&, Reason) {
    log::info("upgrade.successor_line_lost");
    loop_.destroy_later(std::move(successor_line_));
    if (phase_ != Phase::retiring || lineage_socket_.descriptor() < 0) return;
    if (!foundling_) {
        const Foundling::Facts facts{lineage_socket_.descriptor(), ::geteuid(), hello_, *memory_};
        foundling_ = std::make_unique<Foundling>(loop_, facts, static_cast<FoundlingHandler&>(*this));
    }
    foundling_->wait();
}

void Master::on_adopted(std::unique_ptr<ControlChannel> line) {
    successor_line_ = std::move(line);
    successor_line_->set_handler(*this);
}

}  // namespace baton::upgrade
