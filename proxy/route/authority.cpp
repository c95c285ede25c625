#include "proxy/route/authority.h"

#include "server/net/address.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace baton::route {

namespace {

// reg-name without percent-encoding (RFC 3986 §3.2.2): no name that can be resolved needs that.
constexpr std::array<bool, 256> name_bytes = [] {
    std::array<bool, 256> table{};
    for (const char byte : std::string_view{"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                            "-._~!$&'()*+,;="}) {
        table[static_cast<unsigned char>(byte)] = true;
    }
    return table;
}();

bool is_name(std::string_view host) {
    return !host.empty() &&
           std::ranges::all_of(host, [](char c) { return name_bytes[static_cast<unsigned char>(c)]; });
}

bool is_ipv6_literal(std::string_view host) {
    if (host.size() < 4 || host.back() != ']') return false;
    const std::string_view inner = host.substr(1, host.size() - 2);
    // The system's reader takes C strings: a NUL would end the text before we do.
    if (inner.find_first_not_of("0123456789abcdefABCDEF:.") != std::string_view::npos) return false;
    return inner.find(':') != std::string_view::npos && Address::ip(inner, 0).has_value();
}

std::optional<std::uint16_t> parse_port(std::string_view digits) {
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (digits.size() > 5 || error != std::errc{} || end != digits.data() + digits.size()) return {};
    return port;
}

}  // namespace

std::optional<Authority> parse_authority(std::string_view text) {
    if (text.empty()) return {};
    const bool is_literal = text.front() == '[';
    const std::size_t host_end = is_literal ? text.find(']') + 1 : std::min(text.find(':'), text.size());
    Authority result{text.substr(0, host_end)};
    if (is_literal ? !is_ipv6_literal(result.host) : !is_name(result.host)) return {};
    if (host_end == text.size()) return result;
    if (text[host_end] != ':') return {};
    const std::optional<std::uint16_t> port = parse_port(text.substr(host_end + 1));
    if (!port) return {};
    result.port = *port;
    return result;
}

std::string_view comparable_host(std::string_view host, std::string& scratch) {
    if (host.size() > 1 && host.back() == '.') host.remove_suffix(1);
    const auto is_upper = [](char c) { return c >= 'A' && c <= 'Z'; };
    if (std::ranges::none_of(host, is_upper)) return host;
    scratch.assign(host);
    for (char& c : scratch) {
        if (is_upper(c)) c = static_cast<char>(c | 0x20);
    }
    return scratch;
}

}  // namespace baton::route
