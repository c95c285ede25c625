/// What the access log says of one exchange. Collected by the exchange while it runs, written once at its
/// end.
///
/// All views point into buffers that live as long as the exchange, or into the configuration.
#pragma once

#include "server/event/clock.h"
#include "server/net/address.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace baton {

enum class AccessEvent : std::uint8_t { request, ws_open, ws_close, sse_open, sse_close, stream_progress };

/// Why an exchange ended (the `end` field).
enum class End : std::uint8_t {
    ok,
    client_abort,
    client_timeout,
    bad_request,
    upstream_refused,
    upstream_reset,
    upstream_timeout,
    upstream_tls,
    upstream_bad_response,
    no_endpoint,
    no_route,
    forbidden,
    limit,
    drain_deadline,
    shutdown,
    internal,
};

struct AccessRecord {
    AccessEvent event = AccessEvent::request;
    WallTime started{};
    std::string_view id;        ///< request id
    std::string_view trace_id;  ///< 32 hex digits, or empty
    std::string_view client_ip;
    std::uint16_t client_port = 0;
    std::string_view peer_ip;  ///< only when it differs from client_ip
    std::string_view listener;
    std::string_view protocol = "http/1.1";
    std::string_view method, scheme = "http", host, path, query;
    bool has_query = false;
    /// Of the client's connection; all empty without TLS.
    std::string_view tls_version, tls_cipher, server_name, client_certificate;
    bool tls_resumed = false;
    std::string_view user_agent, referer;
    std::uint16_t status = 0;
    std::uint64_t bytes_in = 0, bytes_out = 0;  ///< body bytes
    /// Durations from the start; -1 = the phase was not reached.
    Duration total{-1}, head{-1}, connect{-1}, first_byte{-1};
    std::string_view matched_host, route, upstream, endpoint;
    /// Not logged: by which another generation finds the route (config::Route::identity).
    std::string_view route_identity;
    std::uint16_t upstream_status = 0;
    std::uint8_t tries = 0;
    bool reused = false;  ///< the upstream connection came from the pool
    End end = End::ok;
    /// The reason behind an upstream's failure in words (`connection refused`), or empty.
    std::string_view detail;
    // ws_close only
    std::uint16_t close_code = 0;  ///< 0 = none seen
    std::string_view closed_by;    ///< `client`, `upstream`, `baton`
    std::uint64_t messages_in = 0, messages_out = 0;
    std::uint32_t pings_lost = 0;
};

std::string_view to_string(AccessEvent event);
std::string_view to_string(End end);

}  // namespace baton
