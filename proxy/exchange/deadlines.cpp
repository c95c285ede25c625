/// Whom an exchange waits for, how long, and what happens when that was too long.
#include "proxy/exchange/exchange.h"

#include <algorithm>

namespace baton {
namespace {

/// Silence limit of an event stream (`sse.idle_timeout`'s default): it is quiet by nature.
constexpr Duration event_stream_idle = std::chrono::hours{1};

/// A client that sends a body must send so much in every window; one that trickles holds an endpoint for
/// nothing.
constexpr Duration rate_window = std::chrono::seconds{10};
constexpr std::uint64_t least_in_window = 5000;  // bytes: 500 a second

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
    const config::Timeouts& timeouts = *timeouts_;
    switch (what) {
        case WaitingFor::connection: return timeouts.connect;
        case WaitingFor::request_body: return timeouts.client_body;
        case WaitingFor::endpoint_to_read: return timeouts.stream_idle;
        case WaitingFor::response_head:
            // What has no target came from another generation, and its answer has begun.
            return target_ != nullptr && target_->retries->per_try_timeout > config::no_deadline
                       ? target_->retries->per_try_timeout
                       : timeouts.response_header;
        case WaitingFor::client_to_read: return timeouts.client_write;
        case WaitingFor::response_body:
            return event_stream_ ? event_stream_idle : Duration{timeouts.stream_idle};
    }
    return Duration::zero();
}

void Exchange::arm_deadline() {
    const WaitingFor what = waiting_for();
    const Duration timeout = timeout_of(what);
    TimePoint due = timeout > Duration::zero() ? progress_ + timeout : TimePoint::max();
    // While the endpoint holds the client back, the client's rate says nothing.
    if (what == WaitingFor::endpoint_to_read) restart_rate_window();
    if (what == WaitingFor::request_body) due = std::min(due, rate_since_ + rate_window);
    if (due != TimePoint::max())
        deadline_.arm_at(due);
    else
        deadline_.disarm();
}

void Exchange::restart_rate_window() {
    rate_since_ = context_.loop.now();
    rate_bytes_ = record_.bytes_in;
}

// Whether a client that is waited for may go on: it has neither paused too long nor trickled.
bool Exchange::request_body_flows() {
    const Duration pause = timeouts_->client_body;
    if (pause > Duration::zero() && context_.loop.now() >= progress_ + pause) return false;
    if (record_.bytes_in - rate_bytes_ < least_in_window) return false;
    restart_rate_window();
    return true;
}

void Exchange::on_deadline() {
    switch (waiting_for()) {
        case WaitingFor::connection:
            endpoint_->connect_failed(context_.loop.now());
            upstream_failed(RetryCause::connect_failure, 504, End::upstream_timeout, "connect timed out");
            break;
        case WaitingFor::request_body:
            if (request_body_flows()) break;
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
