#include "server/net/listener.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace baton {
namespace {

Result<void> set(int descriptor, int level, int option, int value) {
    if (::setsockopt(descriptor, level, option, &value, sizeof value) == 0) return {};
    return system_failure();
}

/// A socket file that nobody answers on is left over from a process that was killed.
bool is_stale(const Address& address) {
    Fd probe{::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
    return probe && ::connect(probe.get(), address.data(), address.length()) != 0 && errno == ECONNREFUSED;
}

Result<void> bind_unix(int descriptor, const Address& address, std::uint32_t mode) {
    const std::string path = address.to_string().substr(sizeof("unix:") - 1);
    struct stat status {};
    if (::lstat(path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode) && is_stale(address))
        ::unlink(path.c_str());
    // Nobody can connect before listen(), so the mode may be set between bind and listen.
    if (::bind(descriptor, address.data(), address.length()) != 0 || ::chmod(path.c_str(), mode) != 0)
        return system_failure();
    return {};
}

Result<void> bind_ip(int descriptor, const ListenerRequest& request) {
    const Address& address = request.address;
    if (auto done = set(descriptor, SOL_SOCKET, SO_REUSEADDR, 1); !done) return done;
    if (request.settings->reuseport)
        if (auto done = set(descriptor, SOL_SOCKET, SO_REUSEPORT, 1); !done) return done;
    if (address.family() == AF_INET6)
        if (auto done = set(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, request.ipv6_only ? 1 : 0); !done)
            return done;
    if (::bind(descriptor, address.data(), address.length()) != 0) return system_failure();
    return {};
}

int seconds(config::Duration duration) {
    return static_cast<int>(std::chrono::ceil<std::chrono::seconds>(duration).count());
}

}  // namespace

std::vector<ListenerRequest> listener_requests(const config::Config& config) {
    std::vector<ListenerRequest> requests;
    for (const auto& listener : config.listeners) {
        for (const auto& address : listener.addresses) {
            ListenerRequest request;
            request.settings = &listener;
            request.text = address.text;
            switch (address.kind) {
                case config::ListenAddress::Kind::ip:
                    if (address.host.empty()) {
                        request.address = Address::any_ipv6(address.port);
                    } else {
                        request.address = Address::ip(address.host, address.port).value_or(Address{});
                        request.ipv6_only = request.address.family() == AF_INET6;
                    }
                    break;
                case config::ListenAddress::Kind::unix_path:
                    request.address = Address::unix_path(address.path).value_or(Address{});
                    break;
                case config::ListenAddress::Kind::inherited: request.inherited_name = address.path; break;
            }
            requests.push_back(std::move(request));
        }
    }
    return requests;
}

Result<ListeningSocket> bind_listener(const ListenerRequest& request, std::uint32_t reuseport_index) {
    if (!request.inherited_name.empty()) return failure(Reason::not_found, Side::internal, ENOENT);
    Address address = request.address;
    Fd socket{::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
    if (!socket && errno == EAFNOSUPPORT && !request.ipv6_only && address.family() == AF_INET6) {
        // `:443` on a machine without IPv6 means all of IPv4.
        address = *Address::ip("0.0.0.0", address.port());
        socket = Fd{::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
    }
    if (!socket) return system_failure();
    ListenerRequest resolved = request;
    resolved.address = address;
    auto bound = address.family() == AF_UNIX ? bind_unix(socket.get(), address, request.settings->unix_mode)
                                             : bind_ip(socket.get(), resolved);
    if (!bound) return tl::unexpected(bound.error());

    ListeningSocket result;
    result.address = Address::local_of(socket.get());
    result.socket = std::move(socket);
    result.listener = request.settings->name;
    result.reuseport_index = reuseport_index;
    result.reuseport = request.settings->reuseport && address.is_ip();
    if (auto applied = apply_listener_options(result, *request.settings); !applied)
        return tl::unexpected(applied.error());
    return result;
}

Result<void> apply_listener_options(const ListeningSocket& socket, const config::Listener& settings) {
    const int descriptor = socket.socket.get();
    if (socket.address.is_ip()) {
        // Accepted sockets inherit these, which saves the calls for each of them.
        set(descriptor, IPPROTO_TCP, TCP_NODELAY, 1);
        const int idle = seconds(settings.tcp.keepalive);
        set(descriptor, SOL_SOCKET, SO_KEEPALIVE, idle > 0 ? 1 : 0);
        if (idle > 0) {
            set(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, idle);
            set(descriptor, IPPROTO_TCP, TCP_KEEPINTVL, std::max(1, idle / 6));
            set(descriptor, IPPROTO_TCP, TCP_KEEPCNT, 6);
        }
        set(descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT, static_cast<int>(settings.tcp.user_timeout.count()));
        set(descriptor, IPPROTO_TCP, TCP_FASTOPEN, settings.tcp.fast_open ? 256 : 0);
        set(descriptor, IPPROTO_TCP, TCP_DEFER_ACCEPT, settings.tcp.defer_accept ? 10 : 0);
    }
    // Once more on a socket that listens already: that sets the backlog anew and loses nothing.
    if (::listen(descriptor, settings.backlog) != 0) return system_failure();
    return {};
}

}  // namespace baton
