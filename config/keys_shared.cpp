#include "config/block_checks.h"
#include "config/key_rows.h"
#include "config/keys.h"

#include <array>

namespace baton::config {
namespace {

using namespace rows;

constexpr std::array timeouts_keys{
    duration("tls_handshake", into<&Timeouts::tls_handshake>, "10s",
             "TLS handshake must finish within this."),
    duration("client_header", into<&Timeouts::client_header>, "10s",
             "From first byte (or connection accept) to the end of the request head. Slowloris guard."),
    duration("client_body", into<&Timeouts::client_body>, "30s",
             "Longest pause between two reads of the request body (not the total).")
        .or_word("off"),
    duration("client_idle", into<&Timeouts::client_idle>, "75s",
             "Keep-alive: idle time between two requests on a client connection."),
    duration("client_write", into<&Timeouts::client_write>, "60s",
             "Longest time the client may leave our send buffer full (slow reader guard).")
        .or_word("off"),
    duration("connect", into<&Timeouts::connect>, "3s", "TCP (+TLS) connect to an upstream server."),
    duration("response_header", into<&Timeouts::response_header>, "60s",
             "From request fully sent to upstream response head. 504 on expiry.")
        .or_word("off"),
    duration("stream_idle", into<&Timeouts::stream_idle>, "5m",
             "Longest silence in either direction inside a response body. Not applied to WebSocket/SSE "
             "routes (they "
             "have their own).")
        .or_word("off"),
    duration(
        "total", into<&Timeouts::total>, "off",
        "Whole exchange, wall clock. Off by default because it kills SSE, long downloads and LLM streams.")
        .or_word("off"),
};

constexpr std::array limits_keys{
    size("uri_size", into<&Limits::uri_size>, "8KiB", "Request line limit -> 414.").between(64, 1 << 20),
    size("header_size", into<&Limits::header_size>, "32KiB", "Sum of all request header bytes -> 431.")
        .between(256, 1 << 20),
    integer("header_count", into<&Limits::header_count>, "100", "Number of request headers -> 431.")
        .between(1, 10000),
    size("body_size", into<&Limits::body_size>, "10MiB",
         "Request body -> 413. `off` = unlimited (streamed, still not buffered).")
        .or_word("off"),
    integer("requests_per_connection", into<&Limits::requests_per_connection>, "10000",
            "Then `Connection: close` / GOAWAY. 0 = unlimited."),
    integer("connections_per_ip", into<&Limits::connections_per_ip>, "0",
            "Concurrent client connections per IP (IPv6: per /64); each worker counts its own. 0 = off."),
    not_yet("h2_concurrent_streams", "SETTINGS_MAX_CONCURRENT_STREAMS."),
    not_yet("h2_reset_burst", "RST_STREAM token bucket (rapid reset, CVE-2023-44487)."),
    not_yet("h2_reset_rate", "RST_STREAM refill per second."),
};

constexpr std::array websocket_keys{
    boolean("enabled", into<&WebSocket::enabled>, "true", "Accept `Upgrade: websocket` on matching routes."),
    duration("idle_timeout", into<&WebSocket::idle_timeout>, "1h",
             "No application frame in either direction. Pings do not count.")
        .or_word("off"),
    duration("ping_interval", into<&WebSocket::ping_interval>, "30s",
             "Proxy sends a Ping to the client when the client side was silent this long; detects half-open "
             "peers and "
             "keeps NATs alive. `off` to disable.")
        .or_word("off"),
    duration("pong_timeout", into<&WebSocket::pong_timeout>, "15s",
             "No Pong (or any frame) within this -> close 1006 side, upstream is closed too."),
    boolean("ping_upstream", into<&WebSocket::ping_upstream>, "false", "Also ping the upstream server."),
    size("max_frame_size", into<&WebSocket::max_frame_size>, "off",
         "Close 1009 above this frame size. `off` = relay any size.")
        .or_word("off"),
    duration("max_lifetime", into<&WebSocket::max_lifetime>, "off",
             "Close 1001 after this, with +-10% jitter.")
        .or_word("off"),
    integer("max_connections", into<&WebSocket::max_connections>, "0",
            "Concurrent WebSockets on this route per process. 0 = only global limits."),
};

constexpr std::array retries_keys{
    integer("attempts", into<&Retries::attempts>, "2", "Extra tries after the first. 0 = never retry.")
        .between(0, 100),
    choice("when", "connect_failure|reset|timeout|502|503|504", into<&Retries::when>, "connect_failure|reset",
           "`reset` = upstream closed before any response byte on a reused connection.")
        .listed(),
    value("methods", Type::method, into<&Retries::methods>, "GET|HEAD|OPTIONS|PUT|DELETE",
          "Only these (plus any method when no byte left us yet).")
        .listed(),
    duration("per_try_timeout", into<&Retries::per_try_timeout>, "off",
             "Overrides response_header for each try.")
        .or_word("off"),
    percent("budget", into<&Retries::budget>, "20%",
            "Retries may be at most this share of active requests to the upstream (min 3)."),
    size("buffer", into<&Retries::buffer>, "64KiB",
         "Request body kept for a replay; larger bodies are not retried.")
        .between(0, 16 << 20),
};

constexpr std::array headers_keys{
    expression("set", into<&HeaderRules::set>, {},
               "Replace or add (name: value). Values may use {variables}.")
        .listed(Shape::map),
    expression("add", into<&HeaderRules::add>, {}, "Append another header line.").listed(Shape::map),
    value("remove", Type::header_name, into<&HeaderRules::remove>, {}, "Names or `prefix-*`.").listed(),
};

/// The names of the JSON access log.
constexpr std::string_view access_fields =
    "ts|event|id|trace_id|client_ip|client_port|peer_ip|listener|protocol|method|scheme|host|path|query|"
    "status|bytes_in|bytes_out|duration_ms|t_head_ms|t_connect_ms|t_first_byte_ms|t_send_ms|matched_host|"
    "route|upstream|endpoint|upstream_status|tries|reused|end|detail|ws_close_code|ws_close_by|ws_messages_"
    "in|ws_messages_out|pings_lost|generation|worker|user_agent|referer|tls_version|tls_cipher|tls_resumed|"
    "sni|client_cert_subject";

constexpr std::array access_log_keys{
    boolean("enabled", into<&AccessLog::enabled>, "true", "Whether requests are logged."),
    choice("format", "json|combined|template", into<&AccessLog::format>, "json",
           "JSON objects, the combined format of web servers, or `template`."),
    expression("template", into<&AccessLog::line>, {}, "Used with format: template."),
    choice("fields", access_fields, into<&AccessLog::fields>, {}, "JSON fields to keep (see field table).")
        .listed()
        .computed("all standard fields"),
    value("output", Type::output, with<AccessLog, bind_access_output>, "stdout",
          "`stdout`, `stderr`, a file, `syslog:unix:/dev/log`, `syslog:udp:host:514`, `journald`."),
    percent("sample", into<&AccessLog::sample>, "100%",
            "Log this share of 2xx/3xx; 4xx/5xx, slow and upgrade events are always logged."),
    duration("slow", into<&AccessLog::slow>, "5s", "Always log above this duration.").or_word("off"),
    value("exclude", Type::url_path, into<&AccessLog::exclude>, {}, "Path prefixes not logged.").listed(),
    choice("long_lived", "end|start_end|periodic", into<&AccessLog::long_lived>, "start_end",
           "WebSocket/SSE: log at the end only, at start and end, or also every `interval`."),
    duration("interval", into<&AccessLog::interval>, "5m", "With long_lived: periodic."),
    size("buffer", into<&AccessLog::buffer>, "64KiB",
         "Per-worker buffer; flushed when full, each `flush`, on reopen, at exit.")
        .between(0, 16 << 20),
    duration("flush", into<&AccessLog::flush>, "1s", "Longest time a line waits in the buffer."),
};

}  // namespace

constinit const Block timeouts_block{
    "timeouts", "timeouts",
    "All timeouts. The same block is allowed in `defaults`, `listeners[]`, `hosts[]`, `routes[]` and "
    "`upstreams`; the "
    "nearest one wins, key by key: defaults → listener → host → upstream → route.",
    timeouts_keys};
constinit const Block limits_block{
    "limits", "limits",
    "Hard bounds, all finite by default except connections_per_ip (NAT and CDNs would break).", limits_keys};
constinit const Block websocket_block{"websocket", "websocket", "WebSocket tunnel.", websocket_keys};
constinit const Block retries_block{"retries", "retries", "Retries.", retries_keys};
constinit const Block headers_block{"request_headers / response_headers", "header rules",
                                    "Rules merge along defaults -> host -> route: an inner level never "
                                    "silently drops the outer ones. Within a "
                                    "level: remove, then set, then add.",
                                    headers_keys};
constinit const Block access_log_block{"access_log", "access log", "Access log.",   access_log_keys,
                                       {},           {},           check_access_log};

}  // namespace baton::config
