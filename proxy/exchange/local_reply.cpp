/// The responses that Baton authors itself.
#include "proxy/exchange/exchange.h"
#include "proxy/exchange/secure_host.h"

#include <algorithm>
#include <charconv>

namespace baton {

Exchange::Step Exchange::reply(std::uint16_t status, std::string_view text, End how) {
    if (record_.detail.empty() && how != End::ok) record_.detail = text;
    char body[256];
    char* at = std::to_chars(body, body + 8, status).ptr;
    const auto add = [&](std::string_view piece) {
        piece = piece.substr(0, static_cast<std::size_t>(body + sizeof body - at));
        at = std::copy(piece.begin(), piece.end(), at);
    };
    add(" ");
    add(http::reason_phrase(status));
    add(": ");
    add(text.substr(0, 180));
    add("\n");
    return reply_with(status, "text/plain; charset=utf-8", {body, static_cast<std::size_t>(at - body)}, how);
}

Exchange::Step Exchange::reply_with(std::uint16_t status, std::string_view content_type,
                                    std::string_view body, End how) {
    record_.status = status;
    if (upstream_) upstream_.close();
    body_.clear();  // what was on its way to the endpoint must not become our answer
    const bool refused = how == End::bad_request || how == End::client_timeout;
    if (refused || !stream_->request_body_complete()) stream_->close_after_response();
    const bool has_body = status >= 200 && status != 204 && status != 304;
    response_ = {};
    http::HeadWriter& writer = stream_->begin_response(
        status, {}, has_body ? http::BodyFraming{http::Framing::length, body.size()} : http::BodyFraming{});
    if (has_body && !content_type.empty()) writer.field("Content-Type", content_type);
    if (!location_.empty()) writer.field("Location", location_);
    if (status == 405) writer.field("Allow", "GET, HEAD, POST, PUT, DELETE, OPTIONS, PATCH");
    if (status == 503) writer.field("Retry-After", "1");
    if (status == 426) {
        writer.field("Upgrade", "websocket");
        writer.field("Sec-WebSocket-Version", "13");
    }
    write_own_fields(writer);
    stream_->end_head();
    if (has_body) {
        body_.append(body);
        sent_to_client_ = body.size();
        stream_->send_body(body_);
    }
    stream_->finish({});
    return end(stream_->flush() ? how : End::client_abort);
}

void Exchange::write_own_fields(http::HeadWriter& writer) {
    const std::string_view server = stream_->listener().server_header;
    if (server != "off") writer.field("Server", server == "pass" ? "baton" : server);
    writer.field("Date", http::http_date(context_.unix_seconds()));
    static const route::HeaderRules no_rules;
    if (const std::string_view hsts = own_hsts(plan_ ? plan_->response_rules : no_rules); !hsts.empty())
        writer.field(hsts_name, hsts);
    if (plan_ && !plan_->response_rules.empty())
        plan_->response_rules.write(writer, template_values(), context_.scratch);
}

// Its value on this answer: only over TLS (RFC 6797 §7.2), and a rule of the route for the field wins.
std::string_view Exchange::own_hsts(const route::HeaderRules& rules) const {
    if (host_ == nullptr || host_->hsts.empty() || tls_ == nullptr) return {};
    return rules.removes(hsts_name) ? std::string_view{} : std::string_view{host_->hsts};
}

Exchange::Step Exchange::redirect_to_https() {
    record_.matched_host = host_->names.front();
    if (host_name_.empty()) return reply(400, "https needs a host to go to", End::bad_request);
    write_https_location(template_values(), host_->https_port, location_);
    return reply(308, location_, End::ok);
}

Exchange::Step Exchange::redirect(const config::Redirect& redirection) {
    // Evaluated into the exchange's own memory: writing the other fields uses the shared scratch.
    route::evaluate(redirection.to, template_values(), route::Destination::url, location_);
    return reply(redirection.status, location_, End::ok);
}

Exchange::Step Exchange::respond(const config::Respond& answer) {
    record_.status = answer.status;
    route::evaluate(answer.body, template_values(), route::Destination::text, detail_);
    return reply_with(answer.status, answer.content_type, detail_, End::ok);
}

Exchange::Step Exchange::refuse_wrong_version() {
    return reply(426, "only version 13 of the WebSocket protocol is spoken here", End::bad_request);
}

}  // namespace baton
