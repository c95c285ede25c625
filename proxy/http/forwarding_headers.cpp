#include "proxy/http/forwarding_headers.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace baton::http {

namespace {

using config::ForwardedStyle;

constexpr std::uint64_t bit(FieldId id) {
    return std::uint64_t{1} << static_cast<unsigned>(id);
}

constexpr std::uint64_t x_forwarded_fields = bit(FieldId::x_forwarded_for) | bit(FieldId::x_forwarded_host) |
                                             bit(FieldId::x_forwarded_port) | bit(FieldId::x_forwarded_proto);
constexpr std::uint64_t all_fields = x_forwarded_fields | bit(FieldId::forwarded) | bit(FieldId::x_real_ip);

bool sends_x_forwarded(ForwardedStyle style) {
    return style == ForwardedStyle::x_forwarded || style == ForwardedStyle::both;
}
bool sends_forwarded(ForwardedStyle style) {
    return style == ForwardedStyle::forwarded || style == ForwardedStyle::both;
}

std::string_view first_member(std::string_view list) {
    list = list.substr(0, list.find(','));
    while (list.ends_with(' ')) list.remove_suffix(1);
    return list;
}

// All lines of a field as one list (RFC 9110 §5.3), with `last` behind them.
std::string_view extended(const FieldList& fields, FieldId id, std::string_view last, std::string& scratch) {
    scratch.clear();
    for (const Field& field : fields) {
        if (field.id != id || field.value.empty()) continue;
        scratch += field.value;
        scratch += ", ";
    }
    scratch += last;
    return scratch;
}

bool is_token(std::string_view text) {
    return std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
    });
}

}  // namespace

ForwardingHeaders::ForwardingHeaders(const ForwardingContext& context) : context_(context) {
    if (!context_.peer.trusted) {
        replaced_ = all_fields;
        return;
    }
    if (sends_x_forwarded(context_.listener.forwarded)) replaced_ |= x_forwarded_fields;
    if (sends_forwarded(context_.listener.forwarded)) replaced_ |= bit(FieldId::forwarded);
}

void ForwardingHeaders::write(HeadWriter& writer, std::string& scratch) const {
    if (sends_x_forwarded(context_.listener.forwarded)) write_x_forwarded(writer, scratch);
    if (sends_forwarded(context_.listener.forwarded) && writes(FieldId::forwarded))
        write_forwarded(writer, scratch);
    // A line of our own behind the client's: the same as a longer list (RFC 9110 §5.3).
    if (context_.listener.via && writes(FieldId::via)) writer.field("Via", via_value(context_.minor_version));
}

void ForwardingHeaders::write_x_forwarded(HeadWriter& writer, std::string& scratch) const {
    const Peer& peer = context_.peer;
    const FieldList& fields = context_.fields;
    if (peer.address.is_ip() && writes(FieldId::x_forwarded_for)) {
        const bool extends = peer.trusted && fields.has(FieldId::x_forwarded_for);
        const std::string_view own = peer.address.text();
        writer.field("X-Forwarded-For",
                     extends ? extended(fields, FieldId::x_forwarded_for, own, scratch) : own);
    }
    if (writes(FieldId::x_forwarded_proto)) {
        writer.field("X-Forwarded-Proto", client_scheme(peer, fields, context_.scheme));
    }
    if (writes(FieldId::x_forwarded_host)) {
        const std::string_view told =
            peer.trusted ? first_member(fields.first(FieldId::x_forwarded_host)) : "";
        writer.field("X-Forwarded-Host", told.empty() ? context_.host : told);
    }
    if (writes(FieldId::x_forwarded_port)) write_port(writer);
}

void ForwardingHeaders::write_port(HeadWriter& writer) const {
    std::uint64_t port = context_.local_port;
    if (context_.peer.trusted) {
        const std::string_view told = first_member(context_.fields.first(FieldId::x_forwarded_port));
        std::uint16_t number = 0;
        const auto [end, error] = std::from_chars(told.data(), told.data() + told.size(), number);
        if (!told.empty() && error == std::errc{} && end == told.data() + told.size()) {
            port = number;
        } else if (context_.fields.has(FieldId::x_forwarded_proto)) {
            // Our own port says nothing about the URL that the client has used with the proxy in front of us.
            port = client_scheme(context_.peer, context_.fields, context_.scheme) == "https" ? 443 : 80;
        }
    }
    if (port != 0) writer.field("X-Forwarded-Port", port);
}

void ForwardingHeaders::write_forwarded(HeadWriter& writer, std::string& scratch) const {
    const PartyAddress& address = context_.peer.address;
    scratch.clear();
    if (context_.peer.trusted) extended(context_.fields, FieldId::forwarded, "", scratch);
    scratch += "for=";
    if (address.is_ipv6()) {
        scratch.append("\"[").append(address.text()).append("]\"");
    } else {
        scratch += address.is_ip() ? address.text() : "unknown";
    }
    // A host with a port or an IPv6 literal is no token and is quoted (RFC 7239 §4).
    if (is_token(context_.host)) {
        if (!context_.host.empty()) scratch.append(";host=").append(context_.host);
    } else if (context_.host.find_first_of("\"\\") == std::string_view::npos) {
        scratch.append(";host=\"").append(context_.host).append("\"");
    }
    scratch.append(";proto=").append(context_.scheme);
    writer.field("Forwarded", scratch);
}

std::string_view client_scheme(const Peer& peer, const FieldList& fields, std::string_view own) {
    if (!peer.trusted || !fields.has(FieldId::x_forwarded_proto)) return own;
    const std::string_view told = first_member(fields.first(FieldId::x_forwarded_proto));
    if (told == "https" || told == "wss") return "https";
    if (told == "http" || told == "ws") return "http";
    return own;
}

std::string_view via_value(std::uint8_t minor_version) {
    return minor_version == 0 ? "1.0 baton" : "1.1 baton";
}

}  // namespace baton::http
