#include "upgrade/service_reports.h"

#include "server/log/log.h"

#include <algorithm>
#include <utility>

namespace baton::upgrade {
namespace {

/// Between two looks at what there is to tell.
constexpr Duration between_looks = std::chrono::seconds{5};
/// A predecessor names its successor as soon as that has said that it accepts.
constexpr Duration until_named = std::chrono::seconds{1};
/// A stop that is under way asks for this much at each look.
constexpr Duration stop_needs = 3 * between_looks;
/// A worker turns its loop once a second at least. Asked for more often than that, it has a second to spare.
constexpr Duration shortest_silence = std::chrono::seconds{2};

}  // namespace

ServiceReports::ServiceReports(EventLoop& loop, ServiceManager manager,
                               std::optional<Duration> watchdog_interval, Subject subject)
    : loop_(loop),
      manager_(std::move(manager)),
      watchdog_interval_(watchdog_interval),
      subject_(std::move(subject)),
      look_(Timer::calling<&ServiceReports::on_look>(loop.timers(), *this)),
      watchdog_(Timer::calling<&ServiceReports::on_watchdog>(loop.timers(), *this)) {}

void ServiceReports::begin_as_first() {
    begin(Phase::main, between_looks);
    listeners_changed();
}

void ServiceReports::begin_as_successor() {
    begin(Phase::unheard, until_named);
}

void ServiceReports::begin(Phase phase, Duration first_look) {
    if (!manager_.present()) return;
    phase_ = phase;
    ready();
    look_.arm(first_look);
    if (watchdog_interval_) on_watchdog();
}

void ServiceReports::ready() {
    last_status_ = subject_.status();
    manager_.ready(last_status_);
}

void ServiceReports::listeners_changed() {
    if (phase_ == Phase::main) kept_.keep(subject_.listeners());
}

void ServiceReports::stop_until(TimePoint end) {
    if (phase_ == Phase::silent) return;
    stop_ends_ = end;
    if (std::exchange(phase_, Phase::stopping) == Phase::stopping) return;
    watchdog_.disarm();
    manager_.stopping(stop_needs);
}

void ServiceReports::hand_over_to(pid_t successor) {
    if (phase_ == Phase::silent) return;
    // The successor's first is due half an interval after it began, which may be later than half of ours.
    if (watchdog_interval_) manager_.alive();
    manager_.main_process(successor);
    end();
}

void ServiceReports::end() {
    phase_ = Phase::silent;
    look_.disarm();
    watchdog_.disarm();
}

void ServiceReports::on_look() {
    if (phase_ == Phase::unheard && subject_.is_main()) become_main();
    if (phase_ == Phase::stopping && loop_.now() < stop_ends_) manager_.extend_timeout(stop_needs);
    auto status = subject_.status();
    if (status != last_status_) {
        last_status_ = std::move(status);
        manager_.status(last_status_);
    }
    look_.arm(phase_ == Phase::unheard ? until_named : between_looks);
}

void ServiceReports::become_main() {
    phase_ = Phase::main;
    last_status_.clear();  // said before, and perhaps to nobody
    kept_.keep(subject_.listeners());
}

void ServiceReports::on_watchdog() {
    if (workers_live()) {
        manager_.alive();
    } else {
        log::warn("master.watchdog_not_fed");
    }
    watchdog_.arm(*watchdog_interval_ / 2);
}

bool ServiceReports::workers_live() const {
    return loop_.now() - subject_.last_turn() <= std::max(*watchdog_interval_, shortest_silence);
}

}  // namespace baton::upgrade
