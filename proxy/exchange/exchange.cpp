#include "proxy/exchange/exchange.h"

#include "server/assert.h"
#include "server/log/log.h"
#include "server/tls/tls_info.h"

#include <memory>

namespace baton {

using shared::Counter;
using shared::Gauge;

Exchange::Exchange(ProxyContext& context)
    : context_(context),
      upstream_(context.blocks),
      body_(context.blocks),
      replay_(context.blocks),
      deadline_(Timer::calling<&Exchange::on_deadline>(context.loop.timers(), *this)),
      total_(Timer::calling<&Exchange::on_total_deadline>(context.loop.timers(), *this)) {}

void Exchange::begin(DownstreamStream& stream) {
    ASSERT(phase_ == Phase::idle);
    stream_ = &stream;
    tls_ = stream.tls();
    started_ = context_.loop.now();
    std::construct_at(&record_);  // in place: an assignment would write it twice
    record_.started = context_.loop.wall();
    record_.listener = stream.listener().name;
    record_.protocol = stream.protocol();
    if (tls_ != nullptr) {
        record_.scheme = "https";
        record_.tls_version = tls_->version_name();
        record_.tls_cipher = tls_->suite_name();
        record_.tls_resumed = tls_->resumed;
        record_.server_name = tls_->server_name;
        if (tls_->client) record_.client_certificate = tls_->client->subject;
    }
    context_.slot.add(Counter::requests);
    context_.slot.add(Gauge::requests_in_flight, 1);
    enter(Phase::routing);
}

void Exchange::start(DownstreamStream& stream) {
    begin(stream);
    advance();
}

void Exchange::refuse(DownstreamStream& stream, http::Rejection rejection) {
    begin(stream);
    client_ = stream.peer().address;
    record_.client_ip = client_.text();
    record_.client_port = client_.port();
    record_.detail = http::rejection_name(rejection);
    reply(http::rejection_status(rejection), record_.detail, End::bad_request);
}

void Exchange::time_out_head(DownstreamStream& stream) {
    begin(stream);
    client_ = stream.peer().address;
    record_.client_ip = client_.text();
    record_.client_port = client_.port();
    reply(408, "the request head did not arrive in time", End::client_timeout);
}

void Exchange::recycle() {
    stream_ = nullptr;
    head_block_ = BlockRef{};
    head_bytes_ = {};
    body_.clear();
    replay_.clear();
    host_ = nullptr;
    route_ = nullptr;
    plan_ = nullptr;
    target_ = nullptr;
    group_ = nullptr;
    endpoint_ = nullptr;
    limits_ = nullptr;  // may point into what was carried
    timeouts_ = nullptr;
    tried_.clear();
    if (!groups_.front().empty()) groups_ = {};
    upgrade_ = {};
    detail_.clear();
    location_.clear();
    host_name_ = path_ = sent_path_ = request_id_ = {};
    sent_to_client_ = 0;
    left_unsent_ = 0;
    interims_ = 0;
    replay_possible_ = true;
    event_stream_ = response_begun_ = false;
    carried_.reset();
}

void Exchange::enter(Phase phase) {
    phase_ = phase;
    progress_ = context_.loop.now();
}

void Exchange::advance() {
    Step step = Step::go_on;
    while (step == Step::go_on) {
        switch (phase_) {
            case Phase::idle: return;
            case Phase::routing: step = choose_route(); break;
            case Phase::connecting: step = finish_connecting(); break;
            case Phase::awaiting_response: step = await_response(); break;
            case Phase::relaying: step = relay(); break;
        }
    }
    if (phase_ != Phase::idle) arm_deadline();
}

void Exchange::on_downstream_gone(Failure failure) {
    if (phase_ == Phase::idle) return;
    cut(failure.reason == Reason::shutting_down ? End::drain_deadline : End::client_abort);
}

void Exchange::on_downstream_half_closed() {
    // A client that has said all may still read its answer; nobody listens to an endless stream that way.
    if (event_stream_) cut(End::client_abort);
}

Exchange::Step Exchange::upstream_failed(RetryCause cause, std::uint16_t status, End end,
                                         std::string_view detail) {
    detail_ = detail;
    record_.detail = detail_;
    context_.slot.add(Counter::upstream_failures);
    log::warn("upstream.failed")
        .with("upstream", record_.upstream)
        .with("endpoint", record_.endpoint)
        .with("reason", to_string(end))
        .with("detail", record_.detail)
        .with("request_id", request_id_);
    if (!response_begun_ && try_again(cause)) return choose_endpoint();
    let_upstream_go();
    if (response_begun_) return cut(end);
    // What is wrong with a certificate is no business of the client's.
    return reply(status, end == End::upstream_tls ? "no secure connection to the upstream" : record_.detail,
                 end);
}

bool Exchange::try_again(RetryCause cause) {
    if (!target_ || !group_) return false;  // it came from a generation with other routes
    const RetrySituation situation{.cause = cause,
                                   .method = head_.method_text,
                                   .tries = record_.tries,
                                   .anything_sent = upstream_ && upstream_.anything_sent(),
                                   .anything_received = upstream_ && upstream_.anything_received(),
                                   .body_kept = replay_possible_,
                                   .reused = upstream_ && upstream_.reused()};
    if (!may_retry(*target_->retries, situation)) return false;
    if (!retrying_ && !group_->retry_budget().begin(target_->retries->budget, group_->endpoints().active())) {
        context_.slot.add(Counter::retry_budget_exhausted);
        return false;
    }
    retrying_ = true;
    context_.slot.add(Counter::retries);
    // A stale pooled connection says nothing against its endpoint.
    if (!situation.reused && tried_.size() < tried_.capacity()) tried_.push_back(endpoint_->index());
    const bool keeps_budget = std::exchange(retrying_, false);
    let_upstream_go();
    retrying_ = keeps_budget;
    return true;
}

void Exchange::let_upstream_go() {
    upstream_.release();
    if (endpoint_) std::exchange(endpoint_, nullptr)->request_ended();
    if (std::exchange(retrying_, false)) group_->retry_budget().end();
}

Exchange::Step Exchange::cut(End how) {
    stream_->abort();
    return end(how);
}

// The last thing an exchange does: afterwards it belongs to the pool.
Exchange::Step Exchange::end(End how) {
    phase_ = Phase::idle;
    deadline_.disarm();
    total_.disarm();
    if (upstream_ || endpoint_) let_upstream_go();
    context_.slot.add(Gauge::requests_in_flight, -1);
    if (event_stream_) context_.slot.add(Gauge::event_streams, -1);
    if (record_.status >= 100 && record_.status < 600)
        context_.slot.add(
            static_cast<Counter>(static_cast<unsigned>(Counter::responses_1xx) + record_.status / 100u - 1u));
    record_.end = how;
    record_.total = context_.loop.now() - started_;
    record_.bytes_out = sent_to_client_;
    // A tunnel tells of its own beginning and end.
    if (context_.access_log && record_.status != 101) {
        if (event_stream_) record_.event = AccessEvent::sse_close;
        context_.access_log->write(record_);
    }
    stream_->exchange_ended();
    return Step::wait;
}

route::TemplateValues Exchange::template_values() const {
    route::TemplateValues values;
    values.host = host_name_;
    values.path = path_;
    values.query = head_.query;
    values.has_query = head_.has_query;
    values.method = head_.method_text;
    values.scheme = record_.scheme;
    values.client_ip = client_.text();
    values.client_port = client_.port();
    values.endpoint = endpoint_ ? std::string_view{endpoint_->name()} : std::string_view{};
    values.upstream = record_.upstream;
    values.request_id = request_id_;
    values.tls_version = record_.tls_version;
    values.tls_client_subject = record_.client_certificate;
    values.status = record_.status;
    values.fields = &head_.fields;
    values.groups = groups_;
    return values;
}

}  // namespace baton
