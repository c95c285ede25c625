/// Whom an exchange waits for, how long, and what happens when that was too long.
#include "proxy/exchange/exchange.h"

namespace baton {
namespace {

/// Silence limit of an event stream (`sse.idle_timeout`'s default): it is quiet by nature.
constexpr Duration event_stream_idle = std::chrono::hours{1};

}  // namespace

Exchange::WaitingFor Exchange::waiting_for() const {
    switch (phase_) {
        case Phase::idle:
        case Phase::routing:
        case Phase::connecting: return WaitingFor::connection;
        case Phase::awaiting_response:
            if (upstream_.unsent() > 0) return WaitingFor::endpoint_to_read;
            return upstream_.request_finished() ? WaitingFor::response_head : WaitingFor::request_body;
        case Phase::relaying:
            if (stream_->unsent() > 0) return WaitingFor::client_to_read;
            return WaitingFor::response_body;
    }
    return WaitingFor::connection;
}

Duration Exchange::timeout_of(WaitingFor what) const {
    const config::Timeouts& timeouts = target_->timeouts;
    switch (what) {
        case WaitingFor::connection: return timeouts.connect;
        case WaitingFor::request_body: return timeouts.client_body;
        case WaitingFor::endpoint_to_read: return timeouts.stream_idle;
        case WaitingFor::response_head:
            return target_->retries->per_try_timeout > config::no_deadline ? target_->retries->per_try_timeout
                                                                           : timeouts.response_header;
        case WaitingFor::client_to_read: return timeouts.client_write;
        case WaitingFor::response_body:
            return event_stream_ ? event_stream_idle : Duration{timeouts.stream_idle};
    }
    return Duration::zero();
}

void Exchange::arm_deadline() {
    const Duration timeout = timeout_of(waiting_for());
    if (timeout > Duration::zero())
        deadline_.arm_at(progress_ + timeout);
    else
        deadline_.disarm();
}

void Exchange::on_deadline() {
    switch (waiting_for()) {
        case WaitingFor::connection:
            endpoint_->connect_failed(context_.loop.now());
            upstream_failed(RetryCause::connect_failure, 504, End::upstream_timeout, "connect timed out");
            break;
        case WaitingFor::request_body:
            upstream_.close();
            reply(408, "the request body did not arrive in time", End::client_timeout);
            break;
        case WaitingFor::endpoint_to_read:
            upstream_failed(RetryCause::timeout, 504, End::upstream_timeout, "does not take the request");
            break;
        case WaitingFor::response_head:
            upstream_failed(RetryCause::timeout, 504, End::upstream_timeout, "no response in time");
            break;
        case WaitingFor::client_to_read: cut(End::client_timeout); break;
        case WaitingFor::response_body:
            record_.detail = "silence in the response body";
            cut(End::upstream_timeout);
            break;
    }
    // Another try may be under way.
    if (phase_ != Phase::idle) advance();
}

void Exchange::on_total_deadline() {
    if (phase_ == Phase::idle) return;
    if (response_begun_) {
        record_.detail = "timeouts.total passed";
        cut(End::upstream_timeout);
        return;
    }
    upstream_.close();
    reply(504, "the exchange took too long", End::upstream_timeout);
}

}  // namespace baton
