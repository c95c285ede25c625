/// Tells the service manager (systemd, or a supervisor that speaks its protocol) what this process is at:
/// sd_notify(3) by hand, one datagram a message.
#pragma once

#include "server/event/clock.h"

#include <sys/types.h>

#include <optional>
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
    void stopping() const;
    void status(std::string_view text) const;
    /// From now on `pid` is the one to listen to. Sent by the predecessor only, after the successor has taken
    /// over: sent earlier, a successor that dies would leave the manager with a dead main process.
    void main_process(pid_t pid) const;
    /// Passes on what another process has said, for a supervisor.
    void repeat(std::string_view message) const { send(message); }

private:
    void send(std::string_view message) const;
    std::string socket_path_;
};

}  // namespace baton
