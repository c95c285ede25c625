#include "server/process/service_manager.h"

#include "server/event/fd.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>

namespace baton {

ServiceManager ServiceManager::from_environment() {
    ServiceManager manager;
    const char* const path = ::secure_getenv("NOTIFY_SOCKET");
    if (path != nullptr && (path[0] == '/' || path[0] == '@') && path[1] != '\0' &&
        std::strlen(path) < sizeof sockaddr_un{}.sun_path)
        manager.socket_path_ = path;
    return manager;
}

void ServiceManager::ready(std::string_view status) const {
    send(std::string("READY=1\nSTATUS=").append(status));
}

void ServiceManager::reloading(TimePoint now) const {
    const auto since_boot = std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch());
    send("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(since_boot.count()));
}

void ServiceManager::stopping() const {
    send("STOPPING=1");
}

void ServiceManager::status(std::string_view text) const {
    send(std::string("STATUS=").append(text));
}

void ServiceManager::main_process(pid_t pid) const {
    send("MAINPID=" + std::to_string(pid));
}

void ServiceManager::send(std::string_view message) const {
    if (!present()) return;
    const Fd socket{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    if (!socket) return;
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, socket_path_.data(), socket_path_.size());
    if (address.sun_path[0] == '@') address.sun_path[0] = '\0';
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_path_.size());
    // A manager that does not listen is no reason to fail: nothing here depends on it.
    ::sendto(socket.get(), message.data(), message.size(), MSG_NOSIGNAL,
             reinterpret_cast<const sockaddr*>(&address), length);
}

}  // namespace baton
