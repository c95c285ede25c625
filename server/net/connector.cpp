#include "server/net/connector.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>

namespace baton {

Result<std::unique_ptr<TcpTransport>> start_connecting(EventLoop& loop, const Address& to) {
    Fd socket{::socket(to.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
    if (!socket) return system_failure();
    if (to.is_ip()) {
        const int on = 1;
        ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        // The local port is chosen at connect, when the peer is known: the ports of one host last longer.
        ::setsockopt(socket.get(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    }
    // A UNIX socket whose backlog is full says EAGAIN, which no event would end: a failure like a refusal.
    if (::connect(socket.get(), to.data(), to.length()) != 0 && errno != EINPROGRESS)
        return failure(reason_of(errno), Side::upstream, errno);
    return TcpTransport::create(loop, std::move(socket), to);
}

}  // namespace baton
