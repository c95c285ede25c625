#include "config/address_text.h"

#include <arpa/inet.h>
#include <sys/un.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace baton::config {
namespace {

constexpr std::size_t longest_socket_path = sizeof(sockaddr_un::sun_path) - 1;
constexpr std::size_t longest_name = 253;  // RFC 1035 §2.3.4, without the last dot

tl::unexpected<AddressMistake> mistake(std::string_view code, std::string message, std::string help = {}) {
    return tl::unexpected(AddressMistake{code, std::move(message), std::move(help)});
}

std::string quoted(std::string_view text) {
    constexpr std::size_t longest = 60;
    return "`" + std::string(text.substr(0, longest)) + (text.size() > longest ? "…" : "") + "`";
}

bool is_number(std::string_view text) {
    return !text.empty() &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// The canonical form of a numeric address, so that equal addresses compare equal.
std::optional<std::string> canonical_ip(std::string_view host) {
    if (host.size() > INET6_ADDRSTRLEN || host.find('\0') != std::string_view::npos) return std::nullopt;
    const std::string text{host};
    unsigned char bytes[16];
    char buffer[INET6_ADDRSTRLEN];
    for (const int family : {AF_INET, AF_INET6}) {
        if (inet_pton(family, text.c_str(), bytes) == 1)
            return std::string(inet_ntop(family, bytes, buffer, sizeof buffer));
    }
    return std::nullopt;
}

bool is_name(std::string_view host) {
    const auto fits = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
               c == '.' || c == '_';
    };
    return !host.empty() && host.size() <= longest_name && std::all_of(host.begin(), host.end(), fits) &&
           host.front() != '.' && host.front() != '-' && host.find("..") == std::string_view::npos;
}

struct HostAndPort {
    std::string_view host;  // without brackets
    std::uint16_t port = 0;
    bool bracketed = false;
};

tl::expected<HostAndPort, AddressMistake> split(std::string_view text, std::string_view example) {
    HostAndPort result;
    std::string_view port;
    if (text.starts_with('[')) {
        const std::size_t close = text.find(']');
        if (close == std::string_view::npos)
            return mistake("E-VALUE", quoted(text) + " has no `]`", "such as `[::1]:80`");
        result.host = text.substr(1, close - 1);
        result.bracketed = true;
        if (close + 1 >= text.size() || text[close + 1] != ':')
            return mistake("E-VALUE", quoted(text) + " has no port", "write `" + std::string(text) + ":80`");
        port = text.substr(close + 2);
    } else {
        const std::size_t colon = text.rfind(':');
        if (colon == std::string_view::npos) {
            if (is_number(text))
                return mistake("E-VALUE", quoted(text) + " is a port without `:`",
                               "write `" + std::string(example.substr(0, example.rfind(':') + 1)) +
                                   std::string(text) + "`");
            return mistake("E-VALUE", quoted(text) + " has no port", "write `" + std::string(text) + ":80`");
        }
        result.host = text.substr(0, colon);
        port = text.substr(colon + 1);
        if (result.host.find(':') != std::string_view::npos)
            return mistake("E-VALUE", quoted(text) + " needs brackets around the IPv6 address",
                           "such as `[::1]:80`");
    }
    if (!is_number(port))
        return mistake("E-VALUE", quoted(port) + " is not a port", "a number from 1 to 65535");
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), result.port);
    if (error != std::errc{} || end != port.data() + port.size())
        return mistake("E-RANGE", quoted(port) + " is not a port", "at most 65535");
    return result;
}

}  // namespace

tl::expected<void, AddressMistake> check_socket_path(std::string_view path) {
    if (!path.starts_with('/'))
        return mistake("E-VALUE", "the path of a socket must be absolute", "`unix:/path`");
    if (path.size() > longest_socket_path)
        return mistake("E-RANGE", "the path of a socket is longer than " +
                                      std::to_string(longest_socket_path) + " bytes");
    if (path.find('\0') != std::string_view::npos)
        return mistake("E-VALUE", "the path of a socket holds a NUL");
    return {};
}

tl::expected<ListenAddress, AddressMistake> parse_listen_address(std::string_view text) {
    ListenAddress address;
    address.text = text;
    if (text.starts_with("unix:")) {
        address.kind = ListenAddress::Kind::unix_path;
        address.path = text.substr(5);
        if (auto good = check_socket_path(address.path); !good) return tl::unexpected(good.error());
        return address;
    }
    if (text.starts_with("fd:")) {
        address.kind = ListenAddress::Kind::inherited;
        address.path = text.substr(3);
        if (address.path.empty())
            return mistake("E-VALUE", "`fd:` names no socket", "`fd:NAME` as in LISTEN_FDNAMES");
        return address;
    }
    const auto parts = split(text, ":8080");
    if (!parts) return tl::unexpected(parts.error());
    address.port = parts->port;
    if (parts->host.empty() && !parts->bracketed) return address;
    if (parts->host == "*")
        return mistake("E-VALUE", quoted(text) + " is not an address",
                       "write `:" + std::to_string(parts->port) + "` for all addresses");
    const auto host = canonical_ip(parts->host);
    if (!host || parts->bracketed != (host->find(':') != std::string::npos))
        return mistake("E-VALUE", quoted(parts->host) + " is not a numeric address",
                       "such as `127.0.0.1:80`, `[::1]:80` or `:80`");
    address.host = *host;
    return address;
}

bool is_numeric_host(std::string_view host) {
    return canonical_ip(host).has_value();
}

tl::expected<Endpoint, AddressMistake> parse_endpoint_address(std::string_view text) {
    Endpoint endpoint;
    endpoint.text = text;
    if (text.starts_with("unix:")) {
        endpoint.kind = Endpoint::Kind::unix_path;
        endpoint.path = text.substr(5);
        if (auto good = check_socket_path(endpoint.path); !good) return tl::unexpected(good.error());
        return endpoint;
    }
    if (text.find("://") != std::string_view::npos)
        return mistake("E-VALUE", quoted(text) + " is not `host:port`", "an endpoint has no `http://`");
    const auto parts = split(text, "127.0.0.1:3000");
    if (!parts) return tl::unexpected(parts.error());
    if (parts->port == 0) return mistake("E-RANGE", "an endpoint cannot have port 0");
    if (const auto host = canonical_ip(parts->host)) {
        if (parts->bracketed == (host->find(':') != std::string::npos)) {
            endpoint.host = *host;
            endpoint.port = parts->port;
            return endpoint;
        }
    }
    if (parts->bracketed || !is_name(parts->host))
        return mistake("E-VALUE", quoted(parts->host) + " is neither an address nor a host name",
                       "`host:port`, `[v6]:port` or `unix:/path`");
    endpoint.host = parts->host;
    endpoint.port = parts->port;
    return endpoint;
}

tl::expected<UpstreamUrl, AddressMistake> parse_upstream_url(std::string_view url) {
    const bool tls = url.starts_with("https://");
    const std::string_view scheme = tls ? "https://" : "http://";
    if (!url.starts_with(scheme))
        return mistake("E-VALUE", quoted(url) + " is not an `http://` or `https://` URL");
    const std::string_view authority = url.substr(scheme.size());
    if (authority.find_first_of("/?#@") != std::string_view::npos)
        return mistake(
            "E-VALUE",
            "the URL of an upstream is `" + std::string(scheme) + "host:port` and nothing behind it",
            "`rewrite.add_prefix` puts a path in front");
    const std::size_t bracket = authority.rfind(']');
    const std::size_t colon = authority.rfind(':');
    const bool has_port =
        colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
    if (authority.empty()) return mistake("E-VALUE", quoted(url) + " names no host");
    auto endpoint = parse_endpoint_address(has_port ? std::string(authority)
                                                    : std::string(authority) + (tls ? ":443" : ":80"));
    if (!endpoint) return tl::unexpected(endpoint.error());
    return UpstreamUrl{std::move(*endpoint), tls};
}

}  // namespace baton::config
