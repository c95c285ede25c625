#include "proxy/exchange/tunnel.h"

#include "proxy/escrow/escrow.h"
#include "proxy/proxy_context.h"

namespace baton {

using shared::Counter;
using shared::Gauge;
using websocket::CursorStatus;
using websocket::FrameCursor;
using websocket::Sender;

namespace {

constexpr std::size_t high_watermark = 64 * 1024;
constexpr int reads_per_turn = 16;

Gauge gauge_of(TunnelKind kind) {
    return kind == TunnelKind::websocket ? Gauge::websockets : Gauge::tunnels;
}

}  // namespace

void Tunnel::begin(ProxyContext& context, Start start) {
    auto* tunnel = new Tunnel(context, std::move(start));
    context.tunnels.push_back(*tunnel);
    tunnel->advance();
}

Tunnel::Tunnel(ProxyContext& context, Start start)
    : context_(context),
      client_(std::move(start.client.transport), std::move(start.client.received),
              std::move(start.client.unsent), FrameCursor{Sender::client, start.settings->max_frame_size}),
      endpoint_(std::move(start.endpoint_transport), std::move(start.endpoint_received),
                ByteQueue{context.blocks}, FrameCursor{Sender::server, start.settings->max_frame_size}),
      endpoint_account_(start.endpoint),
      plan_(start.plan),
      settings_(start.settings),
      record_(start.record),
      tick_(Timer::calling<&Tunnel::on_tick>(context.loop.timers(), *this)),
      started_(start.started),
      last_data_(context.loop.now()),
      kind_(start.kind) {
    client_.transport->set_handler(*this);
    endpoint_.transport->set_handler(*this);
    client_.heard = endpoint_.heard = last_data_;
    set_long_deadlines();
    enter_worker();
    if (kind_ == TunnelKind::websocket) context_.slot.add(Counter::websockets_opened);
    const bool tells_start = context_.config->logging.access.long_lived != config::LongLived::end;
    if (context_.access_log && tells_start && kind_ == TunnelKind::websocket) {
        record_->event = AccessEvent::ws_open;
        record_->protocol = "ws";
        context_.access_log->write(*record_);
    }
    if (context_.draining()) close_at(context_.drain->deadline, context_.config->drain.websocket_close_code);
}

Tunnel::~Tunnel() {
    context_.clients.leave(client_.transport->peer());
    if (phase_ != Phase::finished && endpoint_account_) endpoint_account_->request_ended();
}

TimePoint Tunnel::now() const {
    return context_.loop.now();
}

void Tunnel::advance() {
    if (phase_ == Phase::finished || (deposit_ && !leaves_rest())) return;
    if (!relay(client_, endpoint_) || !relay(endpoint_, client_)) return;
    say_what_is_due();
    if (!send(client_) || !send(endpoint_)) return;
    // What was held back by a full queue goes on once the queue has been sent: no event will say so.
    for (auto [from, to] : {std::pair{&client_, &endpoint_}, std::pair{&endpoint_, &client_}}) {
        if (!from->ended && from->transport->readable() && to->waiting() < high_watermark)
            from->transport->call_again();
    }
    const bool closed_both = client_.cursor.close_code() != 0 && endpoint_.cursor.close_code() != 0;
    if (phase_ == Phase::relaying && (closed_both || client_.ended || endpoint_.ended)) begin_closing();
    // An end is passed on behind the last byte.
    for (auto [from, to] : {std::pair{&client_, &endpoint_}, std::pair{&endpoint_, &client_}}) {
        const bool nothing_follows = from->ended || to->closed_by_us;
        if (nothing_follows && to->unsent.empty() && !to->write_ended) {
            to->write_ended = true;
            to->transport->shutdown_write();
        }
    }
    if (client_.ended && endpoint_.ended && client_.waiting() == 0 && endpoint_.waiting() == 0)
        return finish(end_);
    arm_tick();
}

bool Tunnel::relay(Side& from, Side& to) {
    if (!take(from, to)) return false;
    for (int reads = 0; !from.ended && from.transport->readable() && to.waiting() < high_watermark; ++reads) {
        if (reads == reads_per_turn) {
            from.transport->call_again();
            break;
        }
        const IoResult got = from.transport->receive(from.received);
        if (got.status == IoStatus::would_block) break;
        // A WebSocket says itself where it ends: what a peer sent before it left without close_notify counts.
        const bool left =
            got.status == IoStatus::failed && got.os_error == 0 && kind_ == TunnelKind::websocket;
        if (got.status == IoStatus::failed && !left) {
            finish(phase_ == Phase::closing ? end_
                                            : (&from == &client_ ? End::client_abort : End::upstream_reset));
            return false;
        }
        if (got.status == IoStatus::closed || left) from.ended = true;
        if (!take(from, to)) return false;
    }
    from.received.release_if_empty();
    return true;
}

// What has been received goes on, as far as its frames are sound.
bool Tunnel::take(Side& from, Side& to) {
    if (from.received.empty()) return true;
    std::size_t passed = from.received.size();
    CursorStatus status = CursorStatus::ok;
    if (kind_ == TunnelKind::websocket) {
        status = from.cursor.pass(from.received.data());
        passed = from.cursor.passed();
        if (from.cursor.saw_data()) last_data_ = now();
        from.cursor.forget_life();
    } else {
        last_data_ = now();
    }
    from.heard = now();
    from.ping_sent = {};
    if (&from == &client_) {
        record_->bytes_in += passed;
        context_.slot.add(Counter::bytes_received, passed);
    } else {
        record_->bytes_out += passed;
    }
    if (record_->closed_by.empty() && from.cursor.close_code() != 0)
        record_->closed_by = &from == &client_ ? "client" : "upstream";
    Slice slice = from.received.take_slice(passed);
    if (!to.closed_by_us && !to.write_ended) to.unsent.append(std::move(slice));
    from.received.consume(from.received.size());
    if (status == CursorStatus::protocol_error)
        close(1002, &from == &client_ ? End::bad_request : End::upstream_bad_response);
    if (status == CursorStatus::frame_too_large) close(1009, End::limit);
    return phase_ != Phase::finished;
}

bool Tunnel::send(Side& side) {
    if (side.waiting() == 0) return true;
    const IoResult sent = side.transport->send(side.unsent);
    if (&side == &client_) context_.slot.add(Counter::bytes_sent, sent.bytes);
    if (sent.status != IoStatus::failed) return true;
    finish(phase_ == Phase::closing ? end_ : (&side == &client_ ? End::client_abort : End::upstream_reset));
    return false;
}

void Tunnel::close(std::uint16_t code, End why) {
    if (phase_ == Phase::finished || close_code_ != 0) return;
    wake();
    close_code_ = code;
    end_ = why;
    record_->closed_by = "baton";
    begin_closing();
    say_what_is_due();
}

void Tunnel::close_at(TimePoint due, std::uint16_t code) {
    drain_due_ = std::min(drain_due_, due);
    drain_code_ = code;
    arm_tick();
}

// Our own frames stand between two frames of the stream that goes the same way.
void Tunnel::say_what_is_due() {
    if (kind_ != TunnelKind::websocket) {
        client_.closed_by_us = endpoint_.closed_by_us = client_.closed_by_us || close_code_ != 0;
        return;
    }
    if (close_code_ != 0) {
        send_close(client_, endpoint_.cursor, Sender::server, close_code_);
        send_close(endpoint_, client_.cursor, Sender::client, close_code_);
        return;
    }
    send_ping(client_, endpoint_.cursor, Sender::server);
    send_ping(endpoint_, client_.cursor, Sender::client);
}

void Tunnel::send_ping(Side& side, const FrameCursor& stream, Sender as) {
    if (!side.ping_due || side.write_ended || !stream.between_frames() || stream.close_code() != 0) return;
    char frame[139];
    side.unsent.append({frame, websocket::write_ping(frame, as, "baton")});
    side.ping_due = false;
    side.ping_sent = now();
    context_.slot.add(Counter::pings_sent);
}

void Tunnel::send_close(Side& side, const FrameCursor& stream, Sender as, std::uint16_t code) {
    if (side.closed_by_us || side.write_ended || !stream.between_frames()) return;
    side.closed_by_us = true;
    if (stream.close_code() != 0) return;  // the other peer's Close is on its way already
    char frame[139];
    side.unsent.append({frame, websocket::write_close(frame, as, code, {})});
}

void Tunnel::begin_closing() {
    if (phase_ != Phase::relaying) return;
    phase_ = Phase::closing;
    closing_since_ = now();
    if (record_->closed_by.empty()) record_->closed_by = client_.ended ? "client" : "upstream";
}

void Tunnel::close_now(End why) {
    if (phase_ == Phase::finished) return;
    record_->closed_by = "baton";
    finish(why);
}

bool Tunnel::leaves_rest() {
    const bool comes_nothing = !client_.transport->readable() && !endpoint_.transport->readable();
    if (deposit_->is_resting() && comes_nothing) return false;
    deposit_->wake();
    return true;
}

void Tunnel::enter_worker() {
    if (context_.escrow) deposit_ = context_.escrow->open(*this, std::max(client_.heard, endpoint_.heard));
    ++context_.tunnel_count;
    context_.slot.add(gauge_of(kind_), 1);
    if (kind_ == TunnelKind::websocket && plan_) ++plan_->websockets;
}

void Tunnel::leave_worker() {
    phase_ = Phase::finished;
    tick_.disarm();
    unlink();
    deposit_.reset();
    if (endpoint_account_) endpoint_account_->request_ended();
    --context_.tunnel_count;
    context_.slot.add(gauge_of(kind_), -1);
    if (kind_ == TunnelKind::websocket && plan_) --plan_->websockets;
    context_.loop.destroy_later(std::unique_ptr<Disposable>(this));
}

/// The master holds the socket too: the peer would wait until it has closed it as well.
void Tunnel::say_end_of(Side& side) {
    if (deposit_ && deposit_->is_held() && !side.write_ended) side.transport->shutdown_write();
}

void Tunnel::finish(End why) {
    wake();
    say_end_of(client_);
    say_end_of(endpoint_);
    client_.transport->close();
    endpoint_.transport->close();
    leave_worker();
    if (kind_ == TunnelKind::websocket) context_.slot.add(Counter::websockets_closed);
    if (context_.access_log) {
        const std::uint16_t code = client_.cursor.close_code();
        record_->event = AccessEvent::ws_close;
        record_->protocol = kind_ == TunnelKind::websocket ? "ws" : "tunnel";
        record_->end = why;
        record_->total = now() - started_;
        record_->close_code =
            code != 0 ? code : (close_code_ != 0 ? close_code_ : endpoint_.cursor.close_code());
        record_->messages_in = client_.cursor.messages();
        record_->messages_out = endpoint_.cursor.messages();
        context_.access_log->write(*record_);
    }
}

}  // namespace baton
