/// The idle connections to one endpoint, the one used last first.
#pragma once

#include "config/config.h"
#include "proxy/upstream/upstream_connection.h"
#include "server/net/address.h"
#include "server/shared/lineage_memory.h"

#include <cstdint>
#include <optional>

namespace baton::upstream {

/// Last in, first out, so that a quiet hour lets the others time out. A pooled connection on which anything
/// arrives (bytes, an end, an error) is closed at once: there is no request that it could answer.
class ConnectionPool {
public:
    ConnectionPool(EventLoop& loop, BlockPool& blocks, shared::WorkerSlot& slot, const Address& address,
                   const config::Keepalive& settings, std::optional<TlsTarget> tls = {});
    ConnectionPool(const ConnectionPool&) = delete;
    ConnectionPool& operator=(const ConnectionPool&) = delete;
    ~ConnectionPool();

    /// An idle connection that is open as far as the kernel has told us in this turn; empty when there is
    /// none.
    UpstreamLease take_idle(UpstreamEvents& user);
    /// Starts a connection (see UpstreamConnection::establish).
    Result<UpstreamLease> connect(UpstreamEvents& user);
    /// Goes on with a connection that another process has established.
    UpstreamLease adopt(UpstreamEvents& user, std::unique_ptr<Transport> transport, ReceiveBuffer received,
                        std::uint32_t uses);
    /// Closes all idle connections and keeps none from now on (this generation ends).
    void stop_keeping();
    std::size_t idle() const { return idle_count_; }
    const Address& address() const { return address_; }

private:
    friend class UpstreamConnection;
    friend class UpstreamLease;
    using IdleList = boost::intrusive::list<UpstreamConnection, boost::intrusive::constant_time_size<false>>;

    /// Back from a lease: into the idle list, or closed when there are enough, it is too old or this
    /// generation ends.
    void put_back(UpstreamConnection& connection);
    void drop(UpstreamConnection& connection);
    void remove_idle(UpstreamConnection& connection);
    /// Whether nothing has arrived on an idle connection that could be taken for an answer. TLS speaks for
    /// itself between two exchanges (tickets, KeyUpdate): that is read and forgotten.
    static bool is_silent(UpstreamConnection& connection);

    EventLoop& loop_;
    BlockPool& blocks_;
    shared::WorkerSlot& slot_;
    Address address_;
    config::Keepalive settings_;
    std::optional<TlsTarget> tls_;
    IdleList idle_;
    std::size_t idle_count_ = 0;
    bool keeping_ = true;
};

}  // namespace baton::upstream
