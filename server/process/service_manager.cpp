#include "server/process/service_manager.h"

#include "server/event/fd.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>

namespace baton {
namespace {

/// In one message; the kernel takes 253.
constexpr std::size_t most_descriptors = 64;

std::optional<std::int64_t> number_in(const char* variable) {
    const char* const text = ::getenv(variable);
    if (text == nullptr) return std::nullopt;
    std::int64_t number = 0;
    const char* const end = text + std::strlen(text);
    const auto read = std::from_chars(text, end, number);
    if (read.ec != std::errc{} || read.ptr != end) return std::nullopt;
    return number;
}

std::string microseconds(Duration duration) {
    return std::to_string(std::chrono::duration_cast<std::chrono::microseconds>(duration).count());
}

}  // namespace

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
    send("RELOADING=1\nMONOTONIC_USEC=" + microseconds(now.time_since_epoch()));
}

void ServiceManager::stopping(Duration needs) const {
    send("STOPPING=1\nEXTEND_TIMEOUT_USEC=" + microseconds(needs));
}

void ServiceManager::extend_timeout(Duration needs) const {
    send("EXTEND_TIMEOUT_USEC=" + microseconds(needs));
}

void ServiceManager::status(std::string_view text) const {
    send(std::string("STATUS=").append(text));
}

void ServiceManager::alive() const {
    send("WATCHDOG=1");
}

void ServiceManager::store(std::string_view name, std::span<const int> descriptors) const {
    const std::string message = std::string("FDSTORE=1\nFDNAME=").append(name);
    for (; !descriptors.empty();
         descriptors = descriptors.subspan(std::min(descriptors.size(), most_descriptors)))
        send(message, descriptors.first(std::min(descriptors.size(), most_descriptors)));
}

void ServiceManager::forget(std::string_view name) const {
    send(std::string("FDSTOREREMOVE=1\nFDNAME=").append(name));
}

void ServiceManager::main_process(pid_t pid) const {
    send("MAINPID=" + std::to_string(pid));
}

void ServiceManager::send(std::string_view message, std::span<const int> descriptors) const {
    if (!present()) return;
    const Fd socket{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    if (!socket) return;
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, socket_path_.data(), socket_path_.size());
    if (address.sun_path[0] == '@') address.sun_path[0] = '\0';
    // sendmsg does not change the text; iovec just cannot say so.
    iovec text{const_cast<char*>(message.data()), message.size()};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(most_descriptors * sizeof(int))> control{};
    msghdr datagram{};
    datagram.msg_name = &address;
    datagram.msg_namelen = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_path_.size());
    datagram.msg_iov = &text;
    datagram.msg_iovlen = 1;
    if (!descriptors.empty()) {
        datagram.msg_control = control.data();
        datagram.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
        cmsghdr* const header = CMSG_FIRSTHDR(&datagram);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(descriptors.size_bytes());
        std::memcpy(CMSG_DATA(header), descriptors.data(), descriptors.size_bytes());
    }
    // A manager that does not listen is no reason to fail: nothing here depends on it.
    ::sendmsg(socket.get(), &datagram, MSG_NOSIGNAL);
}

std::optional<Duration> take_watchdog_interval(WatchdogMeans means) {
    const auto interval = number_in("WATCHDOG_USEC");
    const auto watched = number_in("WATCHDOG_PID");
    if (means == WatchdogMeans::this_process && watched && *watched != ::getpid()) {
        ::unsetenv("WATCHDOG_USEC");
        ::unsetenv("WATCHDOG_PID");
        return std::nullopt;
    }
    if (!interval || *interval <= 0) return std::nullopt;
    return std::chrono::microseconds{*interval};
}

}  // namespace baton
