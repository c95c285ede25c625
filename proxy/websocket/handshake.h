/// Checks both halves of a protocol switch before any byte is tunnelled (RFC 9110 §7.8, RFC 6455 §4).
#pragma once

#include "proxy/http/heads.h"

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace baton::websocket {

enum class UpgradeVerdict : std::uint8_t {
    none,  ///< no upgrade, or one that is not let through: strip the token and forward an ordinary request
    websocket,      ///< a sound WebSocket handshake
    other,          ///< another token that the route lets through
    bad_handshake,  ///< 400: wants a WebSocket but breaks RFC 6455 §4.2.1
    wrong_version,  ///< 426 with `Sec-WebSocket-Version: 13` and `Upgrade: websocket` (RFC 6455 §4.4, RFC
                    ///< 9110 §15.5.22)
};

struct UpgradeRequest {
    UpgradeVerdict verdict = UpgradeVerdict::none;
    std::string_view
        token;             ///< with `websocket` and `other`: to be sent as `Upgrade`; points into the request
    std::string_view key;  ///< with `websocket`: the Sec-WebSocket-Key
};

/// Decides about a request's Upgrade. `allowed` are the route's tokens in lower case; without `websocket`
/// among them, or with `websocket_enabled` false, a WebSocket request is forwarded as an ordinary one. `h2c`
/// never passes, and neither does an upgrade of a request with a body or of HTTP/1.0.
UpgradeRequest check_upgrade_request(const http::RequestHead& head, std::span<const std::string> allowed,
                                     bool websocket_enabled);

enum class SwitchVerdict : std::uint8_t {
    sound,
    not_asked_for,       ///< a 101 without our Upgrade, or for another token
    missing_connection,  ///< `Connection: upgrade` is not there
    wrong_accept,        ///< Sec-WebSocket-Accept is not there once or does not fit the key
};
std::string_view to_string(SwitchVerdict verdict);

/// Checks a 101 from upstream against the request that was forwarded. Everything but `sound` is a 502:
/// without this check a server that misunderstood would let a client smuggle requests through the tunnel.
SwitchVerdict check_switch(const http::ResponseHead& head, const UpgradeRequest& request);

/// The Sec-WebSocket-Accept that answers a key (RFC 6455 §4.2.2).
std::array<char, 28> accept_for(std::string_view key);

}  // namespace baton::websocket
