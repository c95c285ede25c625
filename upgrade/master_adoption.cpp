/// A master that comes up where another one has died: it asks the orphans for what is left, starts its own
/// workers with that, and lets the orphans hand over to them.
#include "server/log/log.h"
#include "upgrade/drain.h"
#include "upgrade/lineage_janitor.h"
#include "upgrade/master.h"

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

void Master::on_estate_collected() {
    if (phase_ != Phase::starting) return;
    auto lineage = adoption_->take_lineage();
    log::notice("lineage.adopted")
        .with("orphans", lineage.orphans)
        .with("generation", lineage.generation)
        .with("sockets", lineage.inheritance.listeners.size());
    // What the service manager has kept comes first: it may be the same sockets.
    auto& own = start_.inheritance.listeners;
    for (auto& socket : lineage.inheritance.listeners) own.push_back(std::move(socket));
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
    line.send(Stop{0, order.deadline.time_since_epoch().count(), order.close_spread.count(),
                   order.idle_grace_until.time_since_epoch().count()});
    mark_draining_orphans(*memory_, order.deadline);
}

}  // namespace baton::upgrade
