/// Takes the authority of a request apart into host and port (RFC 3986 §3.2, RFC 9110 §4.2).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace baton::route {

struct Authority {
    std::string_view host;   ///< as sent; an IPv6 literal keeps its brackets
    std::uint16_t port = 0;  ///< 0 = none was sent, or a 0
};

/// Reads `host[:port]`. Nothing when it has user information, an empty host, a port above 65535, or
/// bytes that no host may have. The view points into `text`.
std::optional<Authority> parse_authority(std::string_view text);

/// The host of an authority that the head's parser has checked already: cut off, not looked at again.
inline std::string_view host_of(std::string_view authority) {
    const bool is_literal = authority.starts_with('[');
    return authority.substr(0, is_literal ? authority.find(']') + 1 : authority.find(':'));
}

/// The form in which hosts are compared: lower case, without one final dot. Views `host` when it has that
/// form already, else `scratch`.
std::string_view comparable_host(std::string_view host, std::string& scratch);

}  // namespace baton::route
