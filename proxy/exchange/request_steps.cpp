/// The way of a request to an endpoint: route, choice, connection, head.
#include "proxy/exchange/exchange.h"
#include "proxy/exchange/secure_host.h"
#include "proxy/http/characters.h"
#include "proxy/http/client_certificate_headers.h"
#include "proxy/http/forwarding_headers.h"
#include "proxy/http/hop_by_hop.h"
#include "proxy/proxy_tls.h"
#include "proxy/route/authority.h"
#include "proxy/route/path_normaliser.h"
#include "server/assert.h"

#include <cerrno>
#include <cstring>

namespace baton {

using http::FieldId;

namespace {

std::string reason_of(const tls::HandshakeFailure& failure) {
    std::string reason = "TLS: ";
    reason += to_string(failure.fault);
    if (!failure.detail.empty()) reason += ": " + failure.detail;
    return reason;
}

}  // namespace

Exchange::Step Exchange::choose_route() {
    const config::Listener& listener = stream_->listener();
    client_ = http::resolve_client(stream_->peer(), head_.fields, listener);
    record_.client_ip = client_.text();
    record_.client_port = client_.port();
    if (client_.text() != stream_->peer().address.text()) record_.peer_ip = stream_->peer().address.text();
    record_.method = head_.method_text;
    record_.host = head_.authority;
    record_.path = head_.path;
    record_.query = head_.query;
    record_.has_query = head_.has_query;
    record_.user_agent = head_.fields.first(FieldId::user_agent);
    record_.referer = head_.fields.first(FieldId::referer);
    request_id_ = context_.ids.request_id(listener.request_id, stream_->peer().trusted, head_.fields,
                                          context_.loop.wall(), id_buffers_);
    trace_ = context_.ids.trace(head_.fields, id_buffers_);
    record_.id = request_id_;
    record_.trace_id = trace_.trace_id;

    host_name_ = route::host_of(head_.authority);
    if (tls_ != nullptr && is_misdirected(context_.tls->listener(stream_->listener_index()), *tls_,
                                          host_name_, context_.scratch))
        return reply(421, "this connection was made for another host", End::no_route);
    const route::NormalisedPath normal = route::normalise_path(head_.path, path_scratch_);
    if (normal.fault != route::PathFault::none) return reply(400, to_string(normal.fault), End::bad_request);
    path_ = normal.path;

    const route::RouteMatch match = context_.routes.find({.listener = stream_->listener_index(),
                                                          .host = host_name_,
                                                          .path = path_,
                                                          .ambiguous_separator = normal.ambiguous_separator,
                                                          .query = head_.query,
                                                          .method = head_.method_text,
                                                          .fields = head_.fields,
                                                          .client_ip = client_.bytes()});
    host_ = match.host;
    if (host_ != nullptr && host_->redirects_to_https) {
        const std::string_view scheme = http::client_scheme(stream_->peer(), head_.fields, record_.scheme);
        if (must_use_https(*host_, scheme, path_)) return redirect_to_https();
    }
    switch (match.verdict) {
        case route::RouteVerdict::matched: return take_action(match);
        case route::RouteVerdict::no_host: return reply(404, "no such host here", End::no_route);
        case route::RouteVerdict::no_route: return reply(404, "no such page here", End::no_route);
        case route::RouteVerdict::forbidden:
            return reply(403, "not allowed from your address", End::forbidden);
        case route::RouteVerdict::bad_path:
            return reply(400, "encoded separator in the path", End::bad_request);
    }
    return Step::wait;
}

Exchange::Step Exchange::take_action(const route::RouteMatch& match) {
    route_ = match.route;
    plan_ = &context_.plans[match.route_index];
    limits_ = &route_->limits_on(stream_->listener_index());
    if (!match.groups.front().empty()) groups_ = match.groups;
    record_.matched_host = host_->names.front();
    record_.route = route_->name;
    record_.route_identity = route_->identity;
    if (head_.framing.kind == http::Framing::length && head_.framing.length > limits_->body_size)
        return reply(413, "the request body is too large", End::limit);
    if (const auto* redirection = std::get_if<config::Redirect>(&route_->action))
        return redirect(*redirection);
    if (const auto* answer = std::get_if<config::Respond>(&route_->action)) return respond(*answer);
    return forward(std::get<config::Forward>(route_->action));
}

Exchange::Step Exchange::forward(const config::Forward& action) {
    ASSERT(action.targets.size() == plan_->targets.size());
    if (context_.shedding) return reply(503, "out of memory", End::limit);
    upgrade_ = websocket::check_upgrade_request(head_, route_->upgrades, route_->websocket.enabled);
    if (upgrade_.verdict == websocket::UpgradeVerdict::wrong_version) return refuse_wrong_version();
    if (upgrade_.verdict == websocket::UpgradeVerdict::bad_handshake)
        return reply(400, "not a sound WebSocket handshake", End::bad_request);
    const std::uint32_t most = route_->websocket.max_connections;
    if (upgrade_.verdict == websocket::UpgradeVerdict::websocket && most != 0 && plan_->websockets >= most)
        return reply(503, "too many WebSockets", End::limit);
    const std::optional<std::string_view> path = path_to_send();
    if (!path) return reply(400, "the rewritten path climbs above the root", End::bad_request);
    sent_path_ = *path;
    const std::size_t chosen = plan_->choice.choose(context_.random);
    if (chosen == upstream::WeightedChoice::nothing) return reply(503, "no upstream", End::no_endpoint);
    target_ = &plan_->targets[chosen];
    group_ = target_->group;
    timeouts_ = &target_->timeouts_on(stream_->listener_index());
    if (timeouts_->total > config::no_deadline) total_.arm(timeouts_->total);
    record_.upstream = group_->name();
    return choose_endpoint();
}

Exchange::Step Exchange::choose_endpoint() {
    std::string_view key;
    if (group_->balancer().wants_hash_key())
        key = route::evaluated(group_->settings().hash_key, template_values(), route::Destination::text,
                               context_.scratch);
    endpoint_ = group_->balancer().choose({.now = context_.loop.now(),
                                           .hash_key = key,
                                           .client_ip = client_.bytes(),
                                           .tried = {tried_.data(), tried_.size()}});
    if (!endpoint_) {
        record_.detail = "no endpoint available";
        return reply(503, "no endpoint available", End::no_endpoint);
    }
    endpoint_->request_started();
    ++record_.tries;
    record_.endpoint = endpoint_->label();
    upstream::ConnectionPool& pool = group_->pool(*endpoint_);
    if (upstream::UpstreamLease pooled = pool.take_idle(*this)) {
        record_.reused = true;
        upstream_.attach(std::move(pooled));
        write_request_head();
        enter(Phase::awaiting_response);
        return Step::go_on;
    }
    record_.reused = false;
    enter(Phase::connecting);
    auto connecting = pool.connect(*this);
    if (!connecting) {
        endpoint_->connect_failed(context_.loop.now());
        return upstream_failed(RetryCause::connect_failure, 502, End::upstream_refused,
                               ::strerror(connecting.error().os_error));
    }
    upstream_.attach(std::move(*connecting));
    return Step::wait;
}

Exchange::Step Exchange::finish_connecting() {
    const upstream::UpstreamConnection& connection = upstream_.connection();
    switch (upstream_.connection().establish()) {
        case upstream::Established::not_yet: return Step::wait;
        case upstream::Established::yes: break;
        case upstream::Established::refused:
            endpoint_->connect_failed(context_.loop.now());
            return upstream_failed(RetryCause::connect_failure, 502, End::upstream_refused,
                                   ::strerror(connection.os_error()));
        case upstream::Established::no_secure:
            endpoint_->connect_failed(context_.loop.now());
            return upstream_failed(RetryCause::connect_failure, 502, End::upstream_tls,
                                   reason_of(connection.handshake_failure()));
    }
    endpoint_->connect_succeeded();
    record_.connect = context_.loop.now() - started_;
    write_request_head();
    enter(Phase::awaiting_response);
    return Step::go_on;
}

// The path that is sent; nothing when a rewrite led out of the root.
std::optional<std::string_view> Exchange::path_to_send() {
    if (route_->rewrite.empty()) return path_;
    return route::rewrite_path(route_->rewrite, path_, template_values(), rewrite_scratch_);
}

void Exchange::write_host(http::HeadWriter& writer) {
    if (group_->passes_host()) return writer.field("Host", head_.authority);
    route::TemplateValues values = template_values();
    values.host = head_.authority;
    writer.field("Host", route::evaluated(group_->settings().host, values, route::Destination::field_value,
                                          context_.scratch));
}

void Exchange::write_client_certificate(http::HeadWriter& writer) {
    if (tls_ == nullptr || tls_->client == nullptr || !host_->tls.client_auth.forward) return;
    for (std::size_t i = 0; i < http::client_certificate_fields.size(); ++i) {
        const std::string_view name = http::client_certificate_fields[i];
        if (!plan_->request_rules.removes(name))
            writer.field(name, http::client_certificate_value(i, *tls_->client, context_.scratch));
    }
}

void Exchange::write_request_head() {
    const route::HeaderRules& rules = plan_->request_rules;
    http::HeadWriter writer{upstream_.out()};
    writer.request_line(head_.method_text, sent_path_, head_.query, head_.has_query);
    if (!rules.removes(FieldId::host)) write_host(writer);

    const http::HopByHop hop{head_.fields};
    const http::ForwardingHeaders forwarding{{.listener = stream_->listener(),
                                              .peer = stream_->peer(),
                                              .fields = head_.fields,
                                              .scheme = record_.scheme,
                                              .host = head_.authority,
                                              .local_port = stream_->local_port(),
                                              .minor_version = head_.minor_version,
                                              .suppressed = rules.removed_ids()}};
    const std::string& id_name = stream_->listener().request_id.header;
    const bool brings_certificate = http::may_bring_client_certificate(stream_->peer(), tls_);
    for (const http::Field& field : head_.fields) {
        if (field.id == FieldId::host || field.id == FieldId::content_length) continue;
        if (trace_.made && (field.id == FieldId::traceparent || field.id == FieldId::tracestate)) continue;
        if (hop.ends_here(field) || forwarding.replaces(field) || rules.removes(field)) continue;
        if (field.id == FieldId::other && http::equals_without_case(field.name, id_name)) continue;
        if (field.id == FieldId::other && !brings_certificate &&
            http::is_client_certificate_field(field.name))
            continue;
        writer.field(field.name, field.value);
    }
    forwarding.write(writer, context_.scratch);
    write_client_certificate(writer);
    if (!rules.removes(id_name)) writer.field(id_name, request_id_);
    if (trace_.made && !rules.removes(FieldId::traceparent)) writer.field("traceparent", trace_.traceparent);
    if (head_.framing.kind == http::Framing::length) writer.field("Content-Length", head_.framing.length);
    if (head_.framing.kind == http::Framing::chunked) writer.field("Transfer-Encoding", "chunked");
    if (!upgrade_.token.empty()) {
        writer.field("Connection", "Upgrade");
        writer.field("Upgrade", upgrade_.token);
    } else if (http::lists_token(head_.fields, FieldId::te, "trailers")) {
        writer.field("Connection", "TE");
        writer.field("TE", "trailers");
    }
    if (!rules.empty()) rules.write(writer, template_values(), context_.scratch);
    writer.end();
    upstream_.set_request_framing(head_.framing);
    // Another try: what was read of the body goes first.
    if (!replay_.empty()) {
        body_.share(replay_);
        upstream_.send_body(body_);
    }
    if (stream_->request_body_complete())
        upstream_.finish_request();
    else
        restart_rate_window();
}

}  // namespace baton
