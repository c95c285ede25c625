/// Reads addresses as the configuration writes them.
#pragma once

#include "config/config.h"

#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace baton::config {

/// Why an address cannot be read.
struct AddressMistake {
    std::string_view code;  ///< E-VALUE, E-RANGE or E-UNSUPPORTED
    std::string message;
    std::string help;  ///< may be empty
};

/// `:443`, `0.0.0.0:80`, `[::1]:80`, `unix:/path`, `fd:NAME`. Port 0 lets the kernel choose. Leaves `origin`
/// empty.
tl::expected<ListenAddress, AddressMistake> parse_listen_address(std::string_view text);

/// `host:port`, `[v6]:port`, `unix:/path`. Fills kind, host, port, path and text and leaves the rest alone.
tl::expected<Endpoint, AddressMistake> parse_endpoint_address(std::string_view text);

/// Whether `host`, without brackets, needs no look-up.
bool is_numeric_host(std::string_view host);

/// An upstream written as a URL.
struct UpstreamUrl {
    Endpoint endpoint;
    bool tls = false;
};

/// `http://host[:port]` or `https://host[:port]`.
tl::expected<UpstreamUrl, AddressMistake> parse_upstream_url(std::string_view url);

/// Nothing is wrong with the path of a UNIX socket, or what is.
tl::expected<void, AddressMistake> check_socket_path(std::string_view path);

}  // namespace baton::config
