/// One connection to an endpoint: leased by an exchange, or idle in its pool.
///
/// A pool must outlive its connections; both live as long as the worker.
#pragma once

#include "server/event/event_loop.h"
#include "server/net/tcp_transport.h"

#include <boost/intrusive/list.hpp>
#include <cstdint>
#include <memory>
#include <utility>

namespace baton::upstream {

class ConnectionPool;

/// What a leased connection tells who leased it.
class UpstreamEvents {
public:
    virtual ~UpstreamEvents() = default;
    virtual void on_upstream_ready() = 0;
};

class UpstreamConnection final
    : public Disposable,
      public TransportHandler,
      public boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
public:
    UpstreamConnection(ConnectionPool& pool, EventLoop& loop, BlockPool& blocks,
                       std::unique_ptr<TcpTransport> transport);

    TcpTransport& transport() { return *transport_; }
    ReceiveBuffer& received() { return received_; }
    bool received_empty() const { return received_.empty(); }
    ConnectionPool& pool() { return pool_; }
    /// How many exchanges it has served before the present one.
    std::uint32_t uses() const { return uses_; }
    TimePoint opened() const { return opened_; }

private:
    friend class ConnectionPool;
    friend class UpstreamLease;
    void on_transport_ready() noexcept override;
    void on_idle_timeout();

    ConnectionPool& pool_;
    std::unique_ptr<TcpTransport> transport_;
    ReceiveBuffer received_;
    UpstreamEvents* user_ = nullptr;  // null while idle in the pool
    Timer idle_timer_;
    TimePoint opened_;
    std::uint32_t uses_ = 0;
};

/// What becomes of a connection when its exchange lets it go.
enum class LeaseEnd : std::uint8_t {
    reusable,  ///< proven: request and response complete, nothing pending, framing not by close, both sides
               ///< keep alive
    close,
};

/// The right to use one upstream connection. Closes it unless it was given back as reusable.
class UpstreamLease {
public:
    UpstreamLease() = default;
    UpstreamLease(UpstreamConnection& connection, UpstreamEvents& user);
    UpstreamLease(UpstreamLease&& other) noexcept : connection_(std::exchange(other.connection_, nullptr)) {}
    UpstreamLease& operator=(UpstreamLease&& other) noexcept;
    ~UpstreamLease() { end(LeaseEnd::close); }

    explicit operator bool() const { return connection_ != nullptr; }
    UpstreamConnection* operator->() const { return connection_; }
    void end(LeaseEnd how);
    /// Takes the transport out for a tunnel and drops the connection object. What was received goes to
    /// `received`.
    std::unique_ptr<Transport> take_transport(ReceiveBuffer& received);

private:
    UpstreamConnection* connection_ = nullptr;
};

}  // namespace baton::upstream
