#include "proxy/downstream/handshaking_downstream.h"

#include "proxy/downstream/http1_downstream.h"
#include "proxy/proxy_tls.h"
#include "server/log/log.h"

namespace baton {

using shared::Counter;

void HandshakingDownstream::begin(ProxyContext& context, Accepted accepted) {
    auto* connection = new HandshakingDownstream(context, std::move(accepted));
    context.handshakes.push_back(*connection);
    if (!connection->driver_) {
        connection->report("internal", "out of memory");
        return connection->end();
    }
    const config::Duration timeout = connection->listener_.timeouts.tls_handshake;
    if (timeout > config::no_deadline) connection->deadline_.arm(timeout);
}

HandshakingDownstream::HandshakingDownstream(ProxyContext& context, Accepted accepted)
    : context_(context),
      listener_(*accepted.listener),
      listener_index_(accepted.listener_index),
      peer_(accepted.socket->peer()),
      driver_(tls::HandshakeDriver::accept(context.tls->workspace(), context.blocks, context.loop,
                                           context.tls->listener(accepted.listener_index),
                                           std::move(accepted.socket), *this)),
      deadline_(Timer::calling<&HandshakingDownstream::on_deadline>(context.loop.timers(), *this)) {
    context_.enter_connection();
}

HandshakingDownstream::~HandshakingDownstream() {
    if (became_http_) return;
    context_.clients.leave(peer_);
    context_.leave_connection();
}

void HandshakingDownstream::on_handshake_done(std::unique_ptr<Transport> transport) {
    if (ended_) return;
    became_http_ = true;
    end();
    context_.leave_connection();
    Http1Downstream::begin(context_, {std::move(transport), &listener_, listener_index_});
}

void HandshakingDownstream::on_handshake_failed(const tls::HandshakeFailure& failure) {
    if (ended_) return;
    report(to_string(failure.fault), failure.detail);
    end();
}

void HandshakingDownstream::on_deadline() {
    report("timeout", {});
    driver_->close_now();
    end();
}

void HandshakingDownstream::close_now() {
    if (ended_) return;
    context_.slot.add(Counter::drain_closed, context_.draining() ? 1 : 0);
    driver_->close_now();
    end();
}

void HandshakingDownstream::report(std::string_view fault, std::string_view detail) {
    log::info("tls.handshake_failed")
        .with("client", peer_.to_string())
        .with("listener", listener_.name)
        .with("fault", fault)
        .with("detail", detail);
}

void HandshakingDownstream::end() {
    ended_ = true;
    deadline_.disarm();
    unlink();
    context_.loop.destroy_later(std::unique_ptr<Disposable>(this));
}

}  // namespace baton
