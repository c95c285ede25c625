/// Tells the service manager (systemd, or a supervisor that speaks its protocol) what this process is at:
/// sd_notify(3) by hand, one datagram a message.
#pragma once

#include "server/event/clock.h"

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace baton {

class ServiceManager {
public:
    /// Nobody to tell.
    ServiceManager() = default;
    /// Reads NOTIFY_SOCKET: a path, or `@name` in the abstract namespace. The variable stays for a successor.
    static ServiceManager from_environment();

    bool present() const { return !socket_path_.empty(); }
    void ready(std::string_view status) const;
    void reloading(TimePoint now) const;
    /// `needs` is how long the stop may take until it says so again.
    void stopping(Duration needs) const;
    /// The start or stop that is under way is still at it.
    void extend_timeout(Duration needs) const;
    void status(std::string_view text) const;
    /// Expected once in each watchdog interval.
    void alive() const;
    /// Gives the manager copies of these to keep: a process that it starts after the end of this one gets
    /// them back under `name`, which holds no colon.
    void store(std::string_view name, std::span<const int> descriptors) const;
    /// It closes what it keeps under `name`.
    void forget(std::string_view name) const;
    /// From now on `pid` is the one to listen to. Sent by the predecessor only, after the successor has taken
    /// over: sent earlier, a successor that dies would leave the manager with a dead main process.
    void main_process(pid_t pid) const;
    /// Passes on what another process has said, for a supervisor.
    void repeat(std::string_view message) const { send(message); }

private:
    void send(std::string_view message, std::span<const int> descriptors = {}) const;
    std::string socket_path_;
};

enum class WatchdogMeans : std::uint8_t { this_process, whole_lineage };

/// How often the service manager wants to hear `alive` (WATCHDOG_USEC); nothing when it does not ask. The
/// variable names one process, WATCHDOG_PID, and `this_process` must be that one; otherwise the variables are
/// removed, so that no successor takes them for its own: as `whole_lineage` it does not look whom they name.
std::optional<Duration> take_watchdog_interval(WatchdogMeans means);

}  // namespace baton
