/// The way of a response head from the endpoint to the client: interim, switched, final.
#include "proxy/exchange/exchange.h"
#include "proxy/exchange/secure_host.h"
#include "proxy/http/characters.h"
#include "proxy/http/forwarding_headers.h"
#include "proxy/http/hop_by_hop.h"

#include <cstring>

namespace baton {

using http::FieldId;

namespace {

/// More interim responses than this to one request are an attack or a bug (strictness: response queue
/// poisoning).
constexpr int most_interims = 8;
constexpr http::HeadLimits response_limits{.request_line = 8 * 1024, .fields = 64 * 1024, .count = 200};

bool is_event_stream(const http::FieldList& fields) {
    if (http::equals_without_case(fields.first(FieldId::x_accel_buffering), "no")) return true;
    const std::string_view type = fields.first(FieldId::content_type);
    constexpr std::string_view event_stream = "text/event-stream";
    return type.size() >= event_stream.size() &&
           http::equals_without_case(type.substr(0, event_stream.size()), event_stream);
}

}  // namespace

Exchange::Step Exchange::await_response() {
    if (!upstream_.request_finished() && pump_request() == Step::wait) return Step::wait;
    upstream_.flush();
    switch (upstream_.read_head(response_, response_limits, head_.method)) {
        case upstream::HeadRead::need_more: return Step::wait;
        case upstream::HeadRead::rejected:
            upstream_.close();
            replay_possible_ = false;
            return upstream_failed(RetryCause::status_502, 502, End::upstream_bad_response,
                                   http::rejection_name(upstream_.rejection()));
        case upstream::HeadRead::closed:
            return upstream_failed(RetryCause::reset, 502, End::upstream_reset, "closed before a response");
        case upstream::HeadRead::failed:
            return upstream_failed(
                RetryCause::reset, 502, End::upstream_reset,
                upstream_.os_error() != 0 ? ::strerror(upstream_.os_error()) : "ended without close_notify");
        case upstream::HeadRead::complete: break;
    }
    if (response_.status == 101) return switch_protocols();
    if (response_.status < 200) return take_interim();
    return begin_relaying();
}

Exchange::Step Exchange::take_interim() {
    if (++interims_ > most_interims)
        return upstream_failed(RetryCause::status_502, 502, End::upstream_bad_response,
                               "too many interim responses");
    // HTTP/1.0 knows none (RFC 9110 §15.2); 100 is only for those who wait for it.
    if (stream_->accepts_chunked() && (response_.status != 100 || head_.expects_continue)) {
        http::HeadWriter& writer = stream_->begin_interim(response_.status);
        const http::HopByHop hop{response_.fields};
        for (const http::Field& field : response_.fields)
            if (!hop.ends_here(field)) writer.field(field.name, field.value);
        stream_->end_interim();
        if (!stream_->flush()) return cut(End::client_abort);
    }
    upstream_.skip_head(response_);
    progress_ = context_.loop.now();
    return Step::go_on;
}

Exchange::Step Exchange::begin_relaying() {
    record_.upstream_status = response_.status;
    if (const auto cause = cause_of_status(response_.status); cause && try_again(*cause))
        return choose_endpoint();
    record_.status = response_.status;
    record_.first_byte = context_.loop.now() - started_;
    context_.slot.add_latency(record_.first_byte);
    response_begun_ = true;
    event_stream_ = is_event_stream(response_.fields);
    http::BodyFraming body = response_.framing;
    if (!upstream_.request_finished()) stream_->close_after_response();
    http::HeadWriter& writer = stream_->begin_response(response_.status, response_.reason, body);
    // Of a body that is not sent (HEAD, 304) the length is told all the same (RFC 9110 §8.6).
    if (body.kind == http::Framing::none && response_.announced.kind == http::Framing::length)
        writer.field("Content-Length", response_.announced.length);
    write_response_fields(writer);
    stream_->end_head();
    upstream_.begin_body(response_);
    replay_.clear();
    if (event_stream_) {
        context_.slot.add(shared::Counter::event_streams_opened);
        context_.slot.add(shared::Gauge::event_streams, 1);
        if (context_.access_log && context_.config->logging.access.long_lived != config::LongLived::end) {
            record_.event = AccessEvent::sse_open;
            context_.access_log->write(record_);
        }
    }
    enter(Phase::relaying);
    return Step::go_on;
}

void Exchange::write_response_fields(http::HeadWriter& writer) {
    const route::HeaderRules& rules = plan_->response_rules;
    const std::string_view server = stream_->listener().server_header;
    const bool own_server = server != "pass";
    const std::string_view hsts = own_hsts(rules);
    const http::HopByHop hop{response_.fields};
    for (const http::Field& field : response_.fields) {
        if (field.id == FieldId::content_length || (field.id == FieldId::server && own_server)) continue;
        if (hop.ends_here(field) || rules.removes(field)) continue;
        if (!hsts.empty() && http::equals_without_case(field.name, hsts_name)) continue;
        writer.field(field.name, field.value);
    }
    if (!hsts.empty()) writer.field(hsts_name, hsts);
    if (own_server && server != "off" && !rules.removes(FieldId::server)) writer.field("Server", server);
    // A recipient with a clock adds the date that the origin left out (RFC 9110 §6.6.1).
    if (!response_.fields.has(FieldId::date) && !rules.removes(FieldId::date))
        writer.field("Date", http::http_date(context_.unix_seconds()));
    if (stream_->listener().via && !rules.removes(FieldId::via))
        writer.field("Via", http::via_value(response_.minor_version));
    if (!rules.empty()) rules.write(writer, template_values(), context_.scratch);
}

Exchange::Step Exchange::switch_protocols() {
    const websocket::SwitchVerdict verdict = websocket::check_switch(response_, upgrade_);
    // The endpoint believes in a tunnel that does not exist: its connection is of no further use.
    if (verdict != websocket::SwitchVerdict::sound || !upstream_.request_sent())
        return upstream_failed(RetryCause::status_502, 502, End::upstream_bad_response, to_string(verdict));
    record_.status = record_.upstream_status = 101;
    record_.first_byte = context_.loop.now() - started_;
    http::HeadWriter& writer = stream_->begin_response(101, response_.reason, {});
    writer.field("Connection", "Upgrade");
    writer.field("Upgrade", upgrade_.token);
    write_response_fields(writer);
    stream_->end_head();

    ReceiveBuffer received{context_.blocks};
    upstream_.begin_body(response_);
    std::unique_ptr<Transport> endpoint_side = upstream_.take_lease().take_transport(received);
    const bool websocket = upgrade_.verdict == websocket::UpgradeVerdict::websocket;
    deadline_.disarm();
    total_.disarm();
    Tunnel::begin(context_, Tunnel::Start{.client = stream_->start_tunnel(),
                                          .endpoint_transport = std::move(endpoint_side),
                                          .endpoint_received = std::move(received),
                                          .endpoint = endpoint_,
                                          .plan = plan_,
                                          .settings = &route_->websocket,
                                          .kind = websocket ? TunnelKind::websocket : TunnelKind::other,
                                          .record = record_,
                                          .started = started_});
    endpoint_ = nullptr;  // the tunnel counts as its request from here on
    return end(End::ok);
}

}  // namespace baton
