#include "proxy/downstream/http1_downstream.h"

#include "proxy/hand_over/departures.h"
#include "server/assert.h"

namespace baton {

using shared::Counter;
using shared::Gauge;

namespace {

/// Requests of one client answered in one turn before others get theirs.
constexpr int pipelined_per_turn = 16;
/// A client that does not end its side is left after so long, or after so many bytes that nobody wants.
constexpr Duration linger_time = std::chrono::seconds{2};
constexpr std::uint64_t linger_bytes = 64 * 1024;
/// Responses that the client does not take hold back its next pipelined request.
constexpr std::size_t high_watermark = 64 * 1024;

}  // namespace

void Http1Downstream::begin(ProxyContext& context, AcceptedConnection accepted) {
    auto* connection = new Http1Downstream(context, std::move(accepted));
    context.connections.push_back(*connection);
    connection->deadline_.arm(connection->listener_.timeouts.client_header);
    if (context.draining()) connection->begin_drain();
}

Http1Downstream::Http1Downstream(ProxyContext& context, AcceptedConnection accepted)
    : context_(context),
      transport_(std::move(accepted.transport)),
      listener_(*accepted.listener),
      received_(context.blocks),
      unsent_(context.blocks),
      deadline_(Timer::calling<&Http1Downstream::on_deadline>(context.loop.timers(), *this)),
      peer_(transport_->peer(), listener_.trusted_proxies),
      listener_index_(static_cast<std::uint32_t>(accepted.listener_index)) {
    transport_->set_handler(*this);
    context_.enter_connection();
}

Http1Downstream::~Http1Downstream() {
    if (transport_) context_.clients.leave(transport_->peer());  // else it has become a tunnel
    context_.leave_connection();
}

std::uint16_t Http1Downstream::local_port() const {
    return transport_->local().port();
}

void Http1Downstream::on_transport_ready() noexcept {
    advance();
}

void Http1Downstream::advance() {
    switch (phase_) {
        case Phase::waiting:
        case Phase::reading_head:
            if (!send_rest()) return;
            for (int served = 0; read_head(); ++served)
                if (served == pipelined_per_turn) return transport_->call_again();
            return;
        case Phase::exchanging:
            watch_for_hang_up();
            if (phase_ == Phase::exchanging) exchange_->on_downstream_ready();
            return;
        case Phase::closing: return linger();
        case Phase::closed: return;
    }
}

void Http1Downstream::enter(Phase phase) {
    ASSERT(phase_ != Phase::closed);
    phase_ = phase;
    if (is_idle_listed_) leave_idle_list();
    switch (phase) {
        case Phase::waiting:
            enter_idle_list();
            rest_unsent_ = unsent() > 0;
            deadline_.arm(rest_unsent_ ? listener_.timeouts.client_write : listener_.timeouts.client_idle);
            if (context_.draining()) begin_drain();
            if (context_.handing_over) context_.departures->notice_idle();
            return;
        case Phase::reading_head: return deadline_.arm(listener_.timeouts.client_header);
        case Phase::exchanging: return deadline_.disarm();
        case Phase::closing:
            return deadline_.arm(unsent() == 0 ? linger_time : Duration{listener_.timeouts.client_write});
        case Phase::closed:
            deadline_.disarm();
            unlink();
            if (exchange_) context_.exchanges.give_back(context_, std::move(exchange_));
            if (transport_) transport_->close();
            unsent_.clear();
            context_.loop.destroy_later(std::unique_ptr<Disposable>(this));
            return;
    }
}

void Http1Downstream::enter_idle_list() {
    unlink();
    is_idle_listed_ = true;
    context_.idle.push_back(*this);
    context_.slot.add(Gauge::idle_connections, 1);
}

void Http1Downstream::leave_idle_list() {
    unlink();
    is_idle_listed_ = false;
    context_.connections.push_back(*this);
    context_.slot.add(Gauge::idle_connections, -1);
}

IoResult Http1Downstream::receive() {
    const IoResult got = transport_->receive(received_);
    if (got.status == IoStatus::done) context_.slot.add(Counter::bytes_received, got.bytes);
    return got;
}

// The end of an earlier response, which the client takes slowly.
bool Http1Downstream::send_rest() {
    if (!rest_unsent_) return true;
    if (!flush()) {
        enter(Phase::closed);
        return false;
    }
    rest_unsent_ = unsent() > 0;
    if (phase_ == Phase::waiting)
        deadline_.arm(rest_unsent_ ? listener_.timeouts.client_write : listener_.timeouts.client_idle);
    return true;
}

// One step towards a request's head; true when an exchange has come and gone and the next head may be there.
bool Http1Downstream::read_head() {
    if (phase_ != Phase::waiting && phase_ != Phase::reading_head) return false;
    if (unsent() >= high_watermark) return false;  // goes on when the client has taken some
    while (phase_ == Phase::waiting || phase_ == Phase::reading_head) {
        if (!received_.empty()) {
            if (!exchange_) exchange_ = context_.exchanges.take(context_);
            const http::HeadLimits limits{listener_.limits.uri_size, listener_.limits.header_size,
                                          listener_.limits.header_count};
            const http::ParseResult parsed = parser_.parse(received_.data(), exchange_->head(), limits);
            if (parsed.status != http::ParseStatus::need_more) return start_exchange(parsed);
            if (phase_ == Phase::waiting) enter(Phase::reading_head);
        }
        if (!transport_->readable()) break;
        const IoResult got = receive();
        if (got.status == IoStatus::would_block) break;
        if (got.status != IoStatus::done) {
            // Nobody waits for an answer: no whole request has come.
            enter(Phase::closed);
            return false;
        }
    }
    received_.release_if_empty();
    return false;
}

bool Http1Downstream::start_exchange(const http::ParseResult& parsed) {
    parser_.reset();
    ++requests_;
    http::RequestHead& head = exchange_->head();
    enter(Phase::exchanging);
    if (parsed.status == http::ParseStatus::rejected) {
        // Behind a head that cannot be trusted nothing can: answer, close (RFC 9112 §9.6).
        minor_version_ = 1;
        client_keep_alive_ = keep_alive_ = head_request_ = false;
        body_.restart({});
        exchange_->refuse(*this, parsed.rejection);
        return phase_ == Phase::waiting;
    }
    minor_version_ = head.minor_version;
    client_keep_alive_ = head.keep_alive;
    head_request_ = head.method == http::Method::head;
    const std::uint32_t most = listener_.limits.requests_per_connection;
    keep_alive_ = client_keep_alive_ && !half_closed_ && (most == 0 || requests_ < most);
    body_.restart(head.framing);
    const std::string_view bytes = received_.data().substr(0, head.size);
    exchange_->keep_alive_head(received_.take_block(head.size), bytes);
    exchange_->start(*this);
    return phase_ == Phase::waiting && !received_.empty();
}

// While an exchange runs nothing is read that it did not ask for; only the end of the client's side is looked
// for.
void Http1Downstream::watch_for_hang_up() {
    if (half_closed_ || !transport_->hung_up() || !body_.complete() ||
        received_.size() > BlockPool::block_size / 2)
        return;
    const IoResult got = receive();
    if (got.status == IoStatus::failed)
        return exchange_->on_downstream_gone(
            Failure{reason_of(got.os_error), Side::downstream, got.os_error});
    if (got.status != IoStatus::closed) return;
    half_closed_ = true;
    keep_alive_ = false;
    exchange_->on_downstream_half_closed();
}

RequestBodyRead Http1Downstream::read_request_body(ByteQueue& to, std::size_t most) {
    using Status = RequestBodyRead::Status;
    std::size_t content = 0;
    while (!body_.complete()) {
        if (!received_.empty()) {
            const http::BodyProgress progress = body_.read(received_, to, most - content);
            content += progress.content;
            if (progress.status == http::BodyStatus::rejected) {
                keep_alive_ = false;
                return {Status::malformed, content, progress.rejection};
            }
            if (progress.status == http::BodyStatus::complete || content >= most) break;
        }
        if (!transport_->readable()) break;
        const IoResult got = receive();
        if (got.status == IoStatus::would_block) break;
        if (got.status != IoStatus::done) return {Status::gone, content};
    }
    received_.release_if_empty();
    return {body_.complete() ? Status::complete : Status::more, content};
}

http::HeadWriter& Http1Downstream::begin_interim(std::uint16_t status) {
    writer_.status_line(status);
    return writer_;
}

void Http1Downstream::end_interim() {
    writer_.end();
}

http::HeadWriter& Http1Downstream::begin_response(std::uint16_t status, std::string_view reason,
                                                  http::BodyFraming body) {
    writer_.status_line(status, reason);
    response_framing_ = http::Framing::none;
    if (status == 101) return writer_;
    // With body bytes still due the next request could not be found (RFC 9112 §9.6).
    if (is_ending() || !body_.complete()) keep_alive_ = false;
    if (body.kind == http::Framing::length) {
        writer_.field("Content-Length", body.length);
        response_framing_ = http::Framing::length;
    } else if (body.kind != http::Framing::none) {
        response_framing_ = minor_version_ == 1 ? http::Framing::chunked : http::Framing::until_close;
        if (response_framing_ == http::Framing::chunked) writer_.field("Transfer-Encoding", "chunked");
        if (response_framing_ == http::Framing::until_close) keep_alive_ = false;
    }
    if (!keep_alive_)
        writer_.field("Connection", "close");
    else if (minor_version_ == 0)
        writer_.field("Connection", "keep-alive");
    return writer_;
}

void Http1Downstream::end_head() {
    writer_.end();
    if (head_request_) response_framing_ = http::Framing::none;
}

void Http1Downstream::send_body(ByteQueue& content) {
    if (response_framing_ == http::Framing::none) return content.clear();
    if (response_framing_ == http::Framing::chunked)
        http::write_chunk(unsent_, std::move(content));
    else
        unsent_.append(std::move(content));
}

void Http1Downstream::finish(const http::FieldList& trailers) {
    if (response_framing_ == http::Framing::chunked) http::write_last_chunk(unsent_, trailers);
    if (!body_.complete()) keep_alive_ = false;
}

void Http1Downstream::abort() {
    // A close before the announced end: the client sees that the response is not whole (RFC 9112 §8).
    keep_alive_ = false;
    if (response_framing_ == http::Framing::until_close) abort_by_reset_ = true;
}

bool Http1Downstream::flush() {
    if (unsent() == 0) return true;
    const IoResult sent = transport_->send(unsent_);
    context_.slot.add(Counter::bytes_sent, sent.bytes);
    if (sent.status != IoStatus::failed) return true;
    unsent_.clear();
    return false;
}

TunnelEnd Http1Downstream::start_tunnel() {
    TunnelEnd end{std::move(transport_), std::move(received_), std::move(unsent_)};
    return end;
}

void Http1Downstream::exchange_ended() {
    ASSERT(phase_ == Phase::exchanging);
    context_.exchanges.give_back(context_, std::move(exchange_));
    if (!transport_) return enter(Phase::closed);  // it has become a tunnel
    if (!keep_alive_) return close_politely();
    received_.release_if_empty();
    enter(Phase::waiting);
    // What has arrived meanwhile is the next request: it has its turn after the callers of this one.
    if (!received_.empty() || transport_->readable()) transport_->call_again();
}

// FIN first, then read to the peer's FIN: closing with unread bytes would make the kernel send RST, and the
// client could lose the end of our answer.
void Http1Downstream::close_politely() {
    if (!flush()) return enter(Phase::closed);
    if (abort_by_reset_) {
        transport_->reset();
        return enter(Phase::closed);
    }
    enter(Phase::closing);
    linger();
}

void Http1Downstream::linger() {
    if (!flush()) return enter(Phase::closed);
    if (unsent() > 0) return;
    if (!write_ended_) {
        write_ended_ = true;
        transport_->shutdown_write();
        deadline_.arm(linger_time);
    }
    while (transport_->readable()) {
        received_.consume(received_.size());
        const IoResult got = transport_->receive(received_);
        if (got.status == IoStatus::would_block) break;
        lingered_ += got.bytes;
        if (got.status != IoStatus::done || lingered_ > linger_bytes) return enter(Phase::closed);
    }
    received_.consume(received_.size());
    received_.release_if_empty();
    if (half_closed_) enter(Phase::closed);
}

void Http1Downstream::begin_drain() {
    if (phase_ == Phase::waiting && is_ending() &&
        (!deadline_.armed() || deadline_.due() > context_.drain->idle_grace_until))
        deadline_.arm_at(context_.drain->idle_grace_until);
}

void Http1Downstream::close_now() {
    // A closing one has its own deadline.
    if (phase_ == Phase::closed || phase_ == Phase::closing) return;
    if (phase_ == Phase::exchanging)
        return exchange_->on_downstream_gone(Failure{Reason::shutting_down, Side::internal});
    context_.slot.add(Counter::drain_closed, context_.draining() ? 1 : 0);
    enter(Phase::closed);
}

void Http1Downstream::on_deadline() {
    switch (phase_) {
        case Phase::waiting:
            if (unsent() > 0) return enter(Phase::closed);
            keep_alive_ = false;
            return close_politely();
        case Phase::reading_head:
            // The client has begun: it is told (RFC 9110 §15.5.9).
            enter(Phase::exchanging);
            keep_alive_ = false;
            return exchange_->time_out_head(*this);
        case Phase::exchanging: return;
        case Phase::closing:
        case Phase::closed: return enter(Phase::closed);
    }
}

}  // namespace baton
