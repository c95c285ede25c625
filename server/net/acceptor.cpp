#include "server/net/listener.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>

namespace baton {
namespace {

/// Accepted from one socket in one turn: more would let established connections wait.
constexpr int accepts_per_turn = 16;
constexpr Duration retry_after = std::chrono::milliseconds{100};

}  // namespace

Acceptor::Acceptor(EventLoop& loop, const ListeningSocket& socket, AcceptHandler& handler)
    : loop_(loop),
      socket_(socket),
      handler_(handler),
      retry_(Timer::calling<&Acceptor::on_retry>(loop.timers(), *this)) {}

Result<void> Acceptor::start() {
    if (watch_.watching()) return {};
    return watch_.start(loop_, socket_.socket.get(), *this,
                        socket_.reuseport ? Trigger::level : Trigger::level_exclusive);
}

void Acceptor::pause() {
    retry_.disarm();
    watch_.stop();
}

void Acceptor::on_retry() {
    if (!start()) retry_.arm(retry_after);
}

void Acceptor::on_ready() noexcept {
    accept_some();
    // The kernel wakes the exclusive waiter that came first: going to the end of the queue gives the others
    // their share of connections, and a crash of one worker costs no more than that.
    if (!watch_.watching() || socket_.reuseport) return;
    watch_.stop();
    if (!start()) retry_.arm(retry_after);
}

void Acceptor::accept_some() {
    for (int accepted = 0; accepted < accepts_per_turn && watch_.watching(); ++accepted) {
        sockaddr_storage storage;
        socklen_t length = sizeof storage;
        auto* peer = reinterpret_cast<sockaddr*>(&storage);
        Fd client{::accept4(socket_.socket.get(), peer, &length, SOCK_NONBLOCK | SOCK_CLOEXEC)};
        if (client) {
            handler_.on_accepted(std::move(client), Address::from(peer, length), socket_);
            continue;
        }
        switch (errno) {
            case EMFILE:
            case ENFILE:
            case ENOBUFS:
            case ENOMEM:
                // The connection stays in the queue; polling on would spin.
                watch_.stop();
                retry_.arm(retry_after);
                handler_.on_out_of_descriptors();
                return;
            case ECONNABORTED:
            case EINTR:
            case EPROTO: continue;  // that client has given up; the next may not have
            default: return;
        }
    }
}

}  // namespace baton
