/// One connection to an endpoint: leased by an exchange, or idle in its pool.
///
/// A pool must outlive its connections; both live as long as the worker.
#pragma once

#include "server/event/event_loop.h"
#include "server/net/tcp_transport.h"
#include "server/tls/handshake_driver.h"

#include <boost/intrusive/list.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

namespace baton::upstream {

class ConnectionPool;

/// What a leased connection tells who leased it.
class UpstreamEvents {
public:
    virtual ~UpstreamEvents() = default;
    virtual void on_upstream_ready() = 0;
};

/// With whom the connections of a pool shake hands.
struct TlsTarget {
    tls::Workspace* workspace;
    tls::ClientContext* context;
    std::string server_name;  ///< sent and verified
};

/// How far a connection is that is being made.
enum class Established : std::uint8_t {
    not_yet,
    yes,
    refused,    ///< no TCP connection: see `os_error`
    no_secure,  ///< the TLS handshake has failed: see `handshake_failure`
};

class UpstreamConnection final
    : public Disposable,
      public TransportHandler,
      private tls::HandshakeHandler,
      public boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
public:
    /// Of a socket that is connecting. With `tls`, which must outlive it, a handshake follows.
    UpstreamConnection(ConnectionPool& pool, EventLoop& loop, BlockPool& blocks,
                       std::unique_ptr<TcpTransport> socket, const TlsTarget* tls);

    /// Of one that another process has established.
    UpstreamConnection(ConnectionPool& pool, EventLoop& loop, BlockPool& blocks,
                       std::unique_ptr<Transport> transport, ReceiveBuffer received, std::uint32_t uses);

    /// Takes the next step of connecting, if one can be taken now; its user is called when the next one can.
    Established establish();
    int os_error() const { return os_error_; }
    const tls::HandshakeFailure& handshake_failure() const { return handshake_failure_; }
    bool is_established() const { return phase_ == Phase::established; }
    /// Only once it is established.
    Transport& transport() { return *transport_; }
    const Transport& transport() const { return *transport_; }
    const ReceiveBuffer& received() const { return received_; }
    ReceiveBuffer& received() { return received_; }
    bool received_empty() const { return received_.empty(); }
    ConnectionPool& pool() { return pool_; }
    /// How many exchanges it has served before the present one.
    std::uint32_t uses() const { return uses_; }
    TimePoint opened() const { return opened_; }

private:
    friend class ConnectionPool;
    friend class UpstreamLease;
    //   connecting ──▶ established                        (without TLS)
    //        └───────▶ handshaking ──▶ established        (what comes before the handshake is never read)
    //                 each ──▶ failed
    enum class Phase : std::uint8_t { connecting, handshaking, established, failed };

    void on_transport_ready() noexcept override;
    void on_handshake_done(std::unique_ptr<Transport> transport) override;
    void on_handshake_failed(const tls::HandshakeFailure& failure) override;
    void on_idle_timeout();
    Established finish_connecting();
    /// Leaves the loop, in whatever phase.
    void close();

    ConnectionPool& pool_;
    EventLoop& loop_;
    BlockPool& blocks_;
    const TlsTarget* tls_;
    std::unique_ptr<TcpTransport> socket_;          // while connecting
    std::unique_ptr<tls::HandshakeDriver> driver_;  // while handshaking
    std::unique_ptr<Transport> transport_;          // once established
    tls::HandshakeFailure handshake_failure_{};
    ReceiveBuffer received_;
    UpstreamEvents* user_ = nullptr;  // null while idle in the pool
    Timer idle_timer_;
    TimePoint opened_;
    std::uint32_t uses_ = 0;
    int os_error_ = 0;
    Phase phase_ = Phase::connecting;
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
