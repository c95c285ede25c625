#include "proxy/upstream/upstream_connection.h"

#include "proxy/upstream/connection_pool.h"

namespace baton::upstream {

UpstreamConnection::UpstreamConnection(ConnectionPool& pool, EventLoop& loop, BlockPool& blocks,
                                       std::unique_ptr<TcpTransport> socket, const TlsTarget* tls)
    : pool_(pool),
      loop_(loop),
      blocks_(blocks),
      tls_(tls),
      socket_(std::move(socket)),
      received_(blocks),
      idle_timer_(Timer::calling<&UpstreamConnection::on_idle_timeout>(loop.timers(), *this)),
      opened_(loop.now()) {
    socket_->set_handler(*this);
}

UpstreamConnection::UpstreamConnection(ConnectionPool& pool, EventLoop& loop, BlockPool& blocks,
                                       std::unique_ptr<Transport> transport, ReceiveBuffer received,
                                       std::uint32_t uses)
    : pool_(pool),
      loop_(loop),
      blocks_(blocks),
      tls_(nullptr),
      transport_(std::move(transport)),
      received_(std::move(received)),
      idle_timer_(Timer::calling<&UpstreamConnection::on_idle_timeout>(loop.timers(), *this)),
      opened_(loop.now()),
      uses_(uses),
      phase_(Phase::established) {
    transport_->set_handler(*this);
}

Established UpstreamConnection::establish() {
    switch (phase_) {
        case Phase::connecting: return finish_connecting();
        case Phase::handshaking: return Established::not_yet;
        case Phase::established: return Established::yes;
        case Phase::failed: return os_error_ != 0 ? Established::refused : Established::no_secure;
    }
    return Established::not_yet;
}

Established UpstreamConnection::finish_connecting() {
    if (!socket_->writable() && !socket_->hung_up()) return Established::not_yet;
    os_error_ = socket_->take_error();
    if (os_error_ != 0) {
        phase_ = Phase::failed;
        return Established::refused;
    }
    if (tls_ == nullptr) {
        transport_ = std::move(socket_);
        phase_ = Phase::established;
        return Established::yes;
    }
    phase_ = Phase::handshaking;
    driver_ = tls::HandshakeDriver::connect(*tls_->workspace, blocks_, loop_, *tls_->context,
                                            tls_->server_name, std::move(socket_), *this);
    if (driver_) return Established::not_yet;
    handshake_failure_ = {tls::HandshakeFault::internal, "no memory, or no name to verify"};
    phase_ = Phase::failed;
    return Established::no_secure;
}

void UpstreamConnection::on_handshake_done(std::unique_ptr<Transport> transport) {
    loop_.destroy_later(std::move(driver_));
    if (phase_ != Phase::handshaking) return;  // nobody waits for it any more
    transport_ = std::move(transport);
    transport_->set_handler(*this);
    phase_ = Phase::established;
    user_->on_upstream_ready();
}

void UpstreamConnection::on_handshake_failed(const tls::HandshakeFailure& failure) {
    loop_.destroy_later(std::move(driver_));
    if (phase_ != Phase::handshaking) return;
    handshake_failure_ = failure;
    phase_ = Phase::failed;
    user_->on_upstream_ready();
}

void UpstreamConnection::on_transport_ready() noexcept {
    if (user_) return user_->on_upstream_ready();
    if (is_linked() && !ConnectionPool::is_silent(*this)) pool_.drop(*this);
}

void UpstreamConnection::on_idle_timeout() {
    if (is_linked()) pool_.drop(*this);
}

void UpstreamConnection::close() {
    phase_ = Phase::failed;
    if (socket_) socket_->close();
    if (driver_) {
        driver_->close_now();
        loop_.destroy_later(std::move(driver_));
    }
    if (transport_) transport_->close();
}

}  // namespace baton::upstream
