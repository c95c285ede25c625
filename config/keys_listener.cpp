#include "config/block_checks.h"
#include "config/key_rows.h"
#include "config/keys.h"

#include <array>

namespace baton::config {
namespace {

using namespace rows;

constexpr std::array request_id_keys{
    value("header", Type::token, into<&RequestId::header>, "X-Request-Id", "The field that carries the id."),
    boolean("trust", into<&RequestId::trust>, "false", "Keep the id of trusted_proxies."),
};
constexpr Block request_id_block{"request_id", "request_id", "UUIDv7 made when absent.", request_id_keys};

constexpr std::array tcp_keys{
    duration("keepalive", into<&TcpOptions::keepalive>, "60s", "SO_KEEPALIVE idle; interval = 1/6, count 6.")
        .or_word("off"),
    duration("user_timeout", into<&TcpOptions::user_timeout>, "off", "TCP_USER_TIMEOUT.").or_word("off"),
    boolean("fast_open", into<&TcpOptions::fast_open>, "false", "TCP_FASTOPEN."),
    boolean("defer_accept", into<&TcpOptions::defer_accept>, "false", "TCP_DEFER_ACCEPT."),
};
constexpr Block tcp_block{"tcp", "tcp", "Options of the sockets.", tcp_keys};

constexpr std::array listener_keys{
    text("name", into<&ListenerDraft::listener, &Listener::name>, {}, "What hosts call it.")
        .computed("the address"),
    value("address", Type::listen_address, into<&ListenerDraft::addresses>, {},
          "`:443` (all v4+v6), `0.0.0.0:80`, `[::1]:80`, `unix:/path`, `fd:NAME` (systemd).")
        .listed(Shape::list_or_one)
        .required(),
    boolean("tls", into<&ListenerDraft::listener, &Listener::tls>, "false",
            "Serve TLS with certificates from `tls`."),
    boolean("http1", into<&ListenerDraft::listener, &Listener::http1>, "true", "HTTP/1.0 and HTTP/1.1."),
    not_yet("http2", "Via ALPN on TLS."),
    not_yet("h2c", "Prior-knowledge HTTP/2 on plain TCP."),
    not_yet("proxy_protocol", "PROXY protocol of the peers in front."),
    value("trusted_proxies", Type::cidr, into<&ListenerDraft::listener, &Listener::trusted_proxies>, {},
          "Peers whose X-Forwarded-*/Forwarded are believed (right-most untrusted address is the client). "
          "Empty: all "
          "incoming ones are replaced.")
        .listed(),
    choice("forwarded", "x-forwarded|forwarded|both|off",
           into<&ListenerDraft::listener, &Listener::forwarded>, "x-forwarded",
           "Which headers we send upstream."),
    boolean("via", into<&ListenerDraft::listener, &Listener::via>, "false", "Add Via."),
    text("server_header", into<&ListenerDraft::listener, &Listener::server_header>, "baton",
         "`off` removes it; `pass` keeps the upstream one."),
    block("request_id", request_id_block, Fill::with_parent,
          into<&ListenerDraft::listener, &Listener::request_id>, "UUIDv7 made when absent."),
    integer("backlog", into<&ListenerDraft::listener, &Listener::backlog>, "4096",
            "Capped by somaxconn (warning).")
        .between(1, INT32_MAX),
    boolean("reuseport", into<&ListenerDraft::listener, &Listener::reuseport>, "false",
            "One socket per worker. All of them are inherited at upgrade by index, so no SYN queue is lost."),
    integer("max_connections", into<&ListenerDraft::listener, &Listener::max_connections>, "0",
            "0 = process limit."),
    block("tcp", tcp_block, Fill::with_parent, into<&ListenerDraft::listener, &Listener::tcp>,
          "Options of the sockets."),
    value("unix_mode", Type::file_mode, into<&ListenerDraft::listener, &Listener::unix_mode>, "0660",
          "Permissions of a UNIX socket, octal."),
    block("timeouts", timeouts_block, Fill::inherited, into<&ListenerDraft::timeouts>, "All timeouts."),
    block("limits", limits_block, Fill::inherited, into<&ListenerDraft::limits>, "Hard bounds."),
};

}  // namespace

constinit const Block listener_block{
    "listeners[]", "listener",
    "One or several addresses with common settings. A bare text is short for `address`.", listener_keys,
    "address"};

}  // namespace baton::config
