/// Bound, listening sockets and the acceptors that take connections from them.
#pragma once

#include "config/config.h"
#include "server/event/event_loop.h"
#include "server/net/address.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace baton {

/// One listening socket of the lineage. The master owns it and every generation inherits it; a worker only
/// borrows it.
struct ListeningSocket {
    Fd socket;
    Address address;       ///< as bound (the kernel's port when 0 was asked for)
    std::string listener;  ///< name of the configured listener it serves
    std::string name{};    ///< under which another process of the lineage is given it
    std::uint32_t reuseport_index =
        0;  ///< its place in the SO_REUSEPORT set of its address, 0 for a lone socket
    bool reuseport = false;
};

/// The sockets that a configured address needs: its address as asked for, and whether a set of several is
/// due.
struct ListenerRequest {
    Address address;
    bool ipv6_only = false;      ///< `[::]:80` and other explicit IPv6 addresses; false only for `:443`
    std::string inherited_name;  ///< `fd:NAME`: must come from LISTEN_FDNAMES
    const config::Listener* settings = nullptr;
    std::string text;  ///< as written
};

/// Every address of the configuration, in file order.
std::vector<ListenerRequest> listener_requests(const config::Config& config);

/// Binds and listens. Fails with `address_in_use`, `permission` or what the system said. A UNIX path that
/// nobody answers on is replaced; its mode is set before anyone can connect.
Result<ListeningSocket> bind_listener(const ListenerRequest& request, std::uint32_t reuseport_index);
/// Applies backlog and the other options that may change over a listener's life to an inherited socket.
Result<void> apply_listener_options(const ListeningSocket& socket, const config::Listener& settings);

/// Gets the accepted sockets.
class AcceptHandler {
public:
    virtual ~AcceptHandler() = default;
    virtual void on_accepted(Fd socket, const Address& peer, const ListeningSocket& from) noexcept = 0;
    /// Out of descriptors: free some (idle connections) if possible. Accepting is retried when one is closed
    /// or after 100 ms.
    virtual void on_out_of_descriptors() noexcept = 0;
};

/// Accepts from one listening socket, a bounded number a turn so that other workers and connections get
/// theirs. Never spins: on EMFILE it stops listening to the socket and tries again later.
class Acceptor final : private WatchHandler {
public:
    Acceptor(EventLoop& loop, const ListeningSocket& socket, AcceptHandler& handler);
    /// Starts or resumes; idempotent.
    Result<void> start();
    /// Takes its descriptor off the loop; connections stay in the queue for others.
    void pause();
    bool accepting() const { return watch_.watching(); }
    const ListeningSocket& socket() const { return socket_; }

private:
    void on_ready() noexcept override;
    void on_retry();
    void accept_some();

    EventLoop& loop_;
    const ListeningSocket& socket_;
    AcceptHandler& handler_;
    Watch watch_;
    Timer retry_;
};

}  // namespace baton
