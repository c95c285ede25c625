#include "proxy/upstream/connection_pool.h"

#include "server/assert.h"
#include "server/net/connector.h"

namespace baton::upstream {

using shared::Counter;
using shared::Gauge;

namespace {

/// An idle TLS connection may bring so many pieces without content at once.
constexpr int silent_reads = 8;

}  // namespace

ConnectionPool::ConnectionPool(EventLoop& loop, BlockPool& blocks, shared::WorkerSlot& slot,
                               const Address& address, const config::Keepalive& settings,
                               std::optional<TlsTarget> tls)
    : loop_(loop),
      blocks_(blocks),
      slot_(slot),
      address_(address),
      settings_(settings),
      tls_(std::move(tls)) {}

// At once: what the connections use may end with the pool, and no callback of theirs is running.
ConnectionPool::~ConnectionPool() {
    while (!idle_.empty()) {
        UpstreamConnection& connection = idle_.front();
        remove_idle(connection);
        slot_.add(Gauge::upstream_connections, -1);
        delete &connection;
    }
}

UpstreamLease ConnectionPool::take_idle(UpstreamEvents& user) {
    while (!idle_.empty()) {
        UpstreamConnection& connection = idle_.front();
        remove_idle(connection);
        // Every readable descriptor of this turn is marked before anybody is called, so this sees a late byte
        // or FIN.
        if (!is_silent(connection)) {
            drop(connection);
            continue;
        }
        ++connection.uses_;
        slot_.add(Counter::upstream_connections_reused);
        return UpstreamLease{connection, user};
    }
    return {};
}

Result<UpstreamLease> ConnectionPool::connect(UpstreamEvents& user) {
    auto transport = start_connecting(loop_, address_);
    if (!transport) return tl::unexpected(transport.error());
    auto* connection =
        new UpstreamConnection(*this, loop_, blocks_, std::move(*transport), tls_ ? &*tls_ : nullptr);
    slot_.add(Counter::upstream_connections_opened);
    slot_.add(Gauge::upstream_connections, 1);
    return UpstreamLease{*connection, user};
}

UpstreamLease ConnectionPool::adopt(UpstreamEvents& user, std::unique_ptr<Transport> transport,
                                    ReceiveBuffer received, std::uint32_t uses) {
    auto* connection =
        new UpstreamConnection(*this, loop_, blocks_, std::move(transport), std::move(received), uses);
    slot_.add(Gauge::upstream_connections, 1);
    return UpstreamLease{*connection, user};
}

void ConnectionPool::stop_keeping() {
    keeping_ = false;
    while (!idle_.empty()) drop(idle_.front());
}

void ConnectionPool::put_back(UpstreamConnection& connection) {
    connection.user_ = nullptr;
    const bool too_old =
        settings_.max_age > config::no_deadline && loop_.now() - connection.opened_ > settings_.max_age;
    // Nothing can be due between two exchanges: what arrives is an end, or something that we must not read as
    // an answer.
    if (!keeping_ || too_old || idle_count_ >= settings_.max_idle || !connection.received_.empty() ||
        !is_silent(connection))
        return drop(connection);
    connection.received_.release_if_empty();
    idle_.push_front(connection);
    ++idle_count_;
    slot_.add(Gauge::upstream_idle, 1);
    if (settings_.idle_timeout > config::no_deadline) connection.idle_timer_.arm(settings_.idle_timeout);
}

bool ConnectionPool::is_silent(UpstreamConnection& connection) {
    Transport& transport = *connection.transport_;
    if (transport.hung_up()) return false;
    if (!transport.readable()) return true;
    if (!transport.is_encrypted()) return false;
    for (int reads = 0; transport.readable(); ++reads) {
        if (reads == silent_reads) return false;
        const IoResult got = transport.receive(connection.received_);
        if (got.bytes > 0 || got.status == IoStatus::closed || got.status == IoStatus::failed) return false;
    }
    connection.received_.release_if_empty();
    return true;
}

void ConnectionPool::remove_idle(UpstreamConnection& connection) {
    idle_.erase(idle_.iterator_to(connection));
    --idle_count_;
    slot_.add(Gauge::upstream_idle, -1);
    connection.idle_timer_.disarm();
}

void ConnectionPool::drop(UpstreamConnection& connection) {
    if (connection.is_linked()) remove_idle(connection);
    connection.user_ = nullptr;
    connection.close();
    slot_.add(Gauge::upstream_connections, -1);
    loop_.destroy_later(std::unique_ptr<Disposable>(&connection));
}

UpstreamLease::UpstreamLease(UpstreamConnection& connection, UpstreamEvents& user)
    : connection_(&connection) {
    ASSERT(connection.user_ == nullptr);
    connection.user_ = &user;
}

UpstreamLease& UpstreamLease::operator=(UpstreamLease&& other) noexcept {
    if (this != &other) {
        end(LeaseEnd::close);
        connection_ = std::exchange(other.connection_, nullptr);
    }
    return *this;
}

void UpstreamLease::end(LeaseEnd how) {
    if (!connection_) return;
    UpstreamConnection& connection = *std::exchange(connection_, nullptr);
    if (how == LeaseEnd::reusable)
        connection.pool_.put_back(connection);
    else
        connection.pool_.drop(connection);
}

std::unique_ptr<Transport> UpstreamLease::take_transport(ReceiveBuffer& received) {
    UpstreamConnection& connection = *std::exchange(connection_, nullptr);
    received = std::move(connection.received_);
    std::unique_ptr<Transport> transport = std::move(connection.transport_);
    connection.pool_.drop(connection);
    return transport;
}

}  // namespace baton::upstream
