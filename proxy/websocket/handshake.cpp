#include "proxy/websocket/handshake.h"

#include "proxy/http/hop_by_hop.h"
#include "server/tls/digest.h"

#include <algorithm>
#include <optional>

namespace baton::websocket {

namespace {

using http::FieldId;

constexpr std::string_view base64_alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

bool same_token(std::string_view a, std::string_view b) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; };
    return a.size() == b.size() &&
           std::equal(a.begin(), a.end(), b.begin(), [&](char x, char y) { return lower(x) == lower(y); });
}

// The only value of a field; nothing when it is missing or repeated.
std::optional<std::string_view> only(const http::FieldList& fields, FieldId id) {
    std::optional<std::string_view> value;
    if (!fields.has(id)) return value;
    for (const http::Field& field : fields) {
        if (field.id != id) continue;
        if (value) return {};
        value = field.value;
    }
    return value;
}

// 16 bytes in base64 (RFC 6455 §4.1): 22 digits and two equals signs.
bool is_key(std::string_view key) {
    return key.size() == 24 && key.ends_with("==") &&
           key.substr(0, 22).find_first_not_of(base64_alphabet) == std::string_view::npos;
}

std::string_view next_token(std::string_view& list) {
    const std::size_t end = std::min(list.find(','), list.size());
    std::string_view token = list.substr(0, end);
    list.remove_prefix(std::min(end + 1, list.size()));
    while (!token.empty() && (token.front() == ' ' || token.front() == '\t')) token.remove_prefix(1);
    while (!token.empty() && (token.back() == ' ' || token.back() == '\t')) token.remove_suffix(1);
    return token;
}

// The first token of the client's list that the route lets through.
std::string_view chosen_token(const http::FieldList& fields, std::span<const std::string> allowed,
                              bool websocket_enabled) {
    for (const http::Field& field : fields) {
        if (field.id != FieldId::upgrade) continue;
        std::string_view list = field.value;
        while (!list.empty()) {
            const std::string_view token = next_token(list);
            if (same_token(token, "h2c") || (!websocket_enabled && same_token(token, "websocket"))) continue;
            const auto passes = [&](const std::string& name) { return same_token(token, name); };
            if (std::ranges::any_of(allowed, passes)) return token;
        }
    }
    return {};
}

bool has_body(const http::BodyFraming& framing) {
    return framing.kind != http::Framing::none &&
           !(framing.kind == http::Framing::length && framing.length == 0);
}

UpgradeRequest check_websocket(const http::RequestHead& head, std::string_view token) {
    if (head.method != http::Method::get || has_body(head.framing))
        return {UpgradeVerdict::bad_handshake, token, {}};
    const auto version = only(head.fields, FieldId::sec_websocket_version);
    if (!version || *version != "13") return {UpgradeVerdict::wrong_version, token, {}};
    const auto key = only(head.fields, FieldId::sec_websocket_key);
    if (!key || !is_key(*key)) return {UpgradeVerdict::bad_handshake, token, {}};
    return {UpgradeVerdict::websocket, token, *key};
}

}  // namespace

UpgradeRequest check_upgrade_request(const http::RequestHead& head, std::span<const std::string> allowed,
                                     bool websocket_enabled) {
    // A 1.0 client cannot upgrade, and a token that Connection does not list was not meant for us (RFC 9110
    // §7.8).
    if (!head.fields.has(FieldId::upgrade) || head.minor_version == 0) return {};
    if (!http::lists_token(head.fields, FieldId::connection, "upgrade")) return {};
    const std::string_view token = chosen_token(head.fields, allowed, websocket_enabled);
    if (token.empty()) return {};
    if (same_token(token, "websocket")) return check_websocket(head, token);
    if (has_body(head.framing)) return {};
    return {UpgradeVerdict::other, token, {}};
}

std::string_view to_string(SwitchVerdict verdict) {
    switch (verdict) {
        case SwitchVerdict::sound: return "sound";
        case SwitchVerdict::not_asked_for: return "upgrade not asked for";
        case SwitchVerdict::missing_connection: return "101 without Connection: upgrade";
        case SwitchVerdict::wrong_accept: return "wrong Sec-WebSocket-Accept";
    }
    return "";
}

SwitchVerdict check_switch(const http::ResponseHead& head, const UpgradeRequest& request) {
    const bool asked =
        request.verdict == UpgradeVerdict::websocket || request.verdict == UpgradeVerdict::other;
    const auto token = only(head.fields, FieldId::upgrade);
    if (!asked || !token || !same_token(*token, request.token)) return SwitchVerdict::not_asked_for;
    if (!http::lists_token(head.fields, FieldId::connection, "upgrade"))
        return SwitchVerdict::missing_connection;
    if (request.verdict == UpgradeVerdict::other) return SwitchVerdict::sound;
    const std::array<char, 28> expected = accept_for(request.key);
    const auto accept = only(head.fields, FieldId::sec_websocket_accept);
    const bool fits = accept && *accept == std::string_view(expected.data(), expected.size());
    return fits ? SwitchVerdict::sound : SwitchVerdict::wrong_accept;
}

std::array<char, 28> accept_for(std::string_view key) {
    const std::array<std::uint8_t, 20> digest = tls::sha1({key, "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"});
    std::array<char, 28> text;
    for (std::size_t i = 0, at = 0; i < digest.size(); i += 3) {
        const std::uint32_t last =
            i + 2 < digest.size() ? digest[i + 2] : 0;  // 20 bytes leave one place empty
        const std::uint32_t group = static_cast<std::uint32_t>(digest[i]) << 16 |
                                    static_cast<std::uint32_t>(digest[i + 1]) << 8 | last;
        for (const unsigned shift : {18U, 12U, 6U, 0U}) text[at++] = base64_alphabet[group >> shift & 63];
    }
    text.back() = '=';
    return text;
}

}  // namespace baton::websocket
