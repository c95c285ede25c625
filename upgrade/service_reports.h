/// What the main process of a lineage tells the service manager as time goes by: how it is, that it and its
/// workers live, which listeners to keep, and how long a stop may take.
#pragma once

#include "server/event/event_loop.h"
#include "server/process/service_manager.h"
#include "upgrade/kept_listeners.h"

#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>

namespace baton::upgrade {

///     silent ──begin──► unheard ──is_main──► main ──stop_until──► stopping
///                          │                  │                       │
///                          └──────────────────┴── end, hand_over_to ──┴──► silent
///
/// A manager hears the main process only. Nobody tells a successor when its predecessor has named it: until
/// it may assume so, what it says may be lost and is said again.
class ServiceReports {
public:
    /// What is told.
    struct Subject {
        std::function<std::string()> status;
        /// Whether no predecessor can take over again: as long as one can, the manager listens to that one.
        std::function<bool()> is_main;
        /// When the worker that has been silent for longest has last turned its loop.
        std::function<TimePoint()> last_turn;
        std::function<const ListenerSet&()> listeners;
    };
    ServiceReports(EventLoop& loop, ServiceManager manager, std::optional<Duration> watchdog_interval,
                   Subject subject);

    /// Names of listeners that the manager may keep when this process starts.
    void assume_kept(const std::vector<std::string>& names) { kept_.assume(names); }
    /// It serves: as the first of its lineage, or in the place of a predecessor.
    void begin_as_first();
    void begin_as_successor();
    void reloading() const { manager_.reloading(loop_.now()); }
    void ready();
    void listeners_changed();
    /// Asks for patience until `end` at most. A second call changes the end.
    void stop_until(TimePoint end);
    /// From now on `successor` reports. Nothing if this process does not.
    void hand_over_to(pid_t successor);
    void end();

private:
    enum class Phase : std::uint8_t { silent, unheard, main, stopping };

    void begin(Phase phase, Duration first_look);
    void on_look();
    void on_watchdog();
    bool workers_live() const;
    void become_main();

    EventLoop& loop_;
    ServiceManager manager_;
    std::optional<Duration> watchdog_interval_;
    Subject subject_;
    KeptListeners kept_{manager_};
    Phase phase_ = Phase::silent;
    TimePoint stop_ends_{};
    std::string last_status_;
    Timer look_;
    Timer watchdog_;
};

}  // namespace baton::upgrade
