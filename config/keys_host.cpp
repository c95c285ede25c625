#include "config/block_checks.h"
#include "config/key_rows.h"
#include "config/keys.h"

#include <array>

namespace baton::config {
namespace {

using namespace rows;

constexpr std::string_view before_host =
    "it applies before the host is known; set it in `defaults` or a listener";
constexpr std::string_view before_route =
    "it applies before the route is known; set it in `defaults` or a listener";
constexpr std::string_view only_body =
    "uri_size|header_size|header_count|requests_per_connection|connections_per_ip";

constexpr std::array host_keys{
    value("names", Type::host_name, into<&HostDraft::names>, "*",
          "`example.com`, `*.example.com`, `\"*\"` = default host. Exact > longest wildcard > default, "
          "whatever the "
          "file order.")
        .listed(Shape::list_or_one),
    text("listeners", into<&HostDraft::listeners>, {}, "Restrict to listeners by name.")
        .listed(Shape::list_or_one)
        .computed("all"),
    block("tls", host_tls_block, Fill::with_parent, into<&HostDraft::host, &Host::tls>,
          "Certificate and client authentication of the host."),
    choice("redirect_https", "auto|on|off", into<&HostDraft::redirect_https>, "auto",
           "auto = if the host is also reachable on a TLS listener, plain HTTP gets 308 (except "
           "/.well-known/acme-challenge/)."),
    block("hsts", hsts_block, Fill::with_parent, into<&HostDraft::hsts>,
          "Strict-Transport-Security on TLS answers."),
    not_yet("maintenance", "A 503 page for everybody but a few."),
    not_yet("error_pages", "`404: file`, `5xx: file`."),
    block("request_headers", headers_block, Fill::inherited, into<&HostDraft::request_headers>,
          "Rules for what is sent upstream."),
    block("response_headers", headers_block, Fill::inherited, into<&HostDraft::response_headers>,
          "Rules for what is sent to clients."),
    not_yet("rate_limit", "Names from `rate_limits`."),
    block("websocket", websocket_block, Fill::inherited, into<&HostDraft::websocket>, "WebSocket tunnel."),
    not_yet("sse", "Server-sent events and other streamed responses."),
    not_yet("compression", "Response compression."),
    block("retries", retries_block, Fill::inherited, into<&HostDraft::retries>, "Retries."),
    block("timeouts", timeouts_block, Fill::inherited, into<&HostDraft::timeouts>, "All timeouts.")
        .without("tls_handshake|client_header", before_host),
    block("limits", limits_block, Fill::inherited, into<&HostDraft::limits>, "Hard bounds.")
        .without(only_body, before_host),
    not_yet("access_log", "Access log of the host."),
    block("routes", route_block, Fill::on_use, into<&HostDraft::routes>, "First match in file order wins.")
        .listed()
        .required(),
};

constexpr std::array redirect_keys{
    expression("to", into<&Redirect::to>, {}, "e.g. `https://{host}{uri}`.").required(),
    choice("status", "301|302|303|307|308", into<&Redirect::status>, "308", "Of the answer."),
};
constexpr Block redirect_block{"redirect", "redirect", "A bare text is short for `to`.", redirect_keys, "to"};

constexpr std::array respond_keys{
    integer("status", into<&Respond::status>, "200", "Of the answer.").between(200, 599),
    expression("body", into<&Respond::body>, {}, "A literal brace is written `\\{`."),
    not_yet("file", "The answer from a file."),
    text("content_type", into<&Respond::content_type>, "text/plain; charset=utf-8", "Of the body."),
};
constexpr Block respond_block{"respond", "respond", "Fixed answer.", respond_keys};

constexpr std::array rewrite_keys{
    value("strip_prefix", Type::url_path, into<&Rewrite::strip_prefix>, {},
          "Taken from the front of the path."),
    value("add_prefix", Type::url_path, into<&Rewrite::add_prefix>, {}, "Put in front of the path."),
    value("regex", Type::pattern, into<&Rewrite::regex>, {}, "RE2."),
    expression("replace", into<&Rewrite::replace>, {}, "Groups \\1…\\9."),
};
constexpr Block rewrite_block{"rewrite",    "rewrite", "Path sent upstream. No hidden trailing-slash rule.",
                              rewrite_keys, {},        {},
                              check_rewrite};

constexpr std::array target_keys{
    text("upstream", into<&TargetDraft::upstream>, {},
         "Upstream name or `http://host:port`, `https://host:port`.")
        .required(),
    integer("weight", into<&TargetDraft::weight>, "1", "Share among the entries; 0 = nothing.")
        .between(0, 1'000'000),
};

constexpr std::array route_keys{
    text("name", into<&RouteDraft::route, &Route::name>, {}, "Label in metrics and logs.")
        .computed("`host#n`"),
    block("match", match_block, Fill::on_use, into<&RouteDraft::route, &Route::match>,
          "All given keys must match; a list means any of them. Empty = everything."),
    block("to", target_block, Fill::on_use, into<&RouteDraft::targets>,
          "Upstream name, `http://host:port` or `https://host:port` (inline upstream), or a weighted list. "
          "Exactly one of "
          "to/redirect/respond.")
        .listed(Shape::list_or_one),
    not_yet("sticky_split", "Cookie that pins a client to one entry of a weighted `to`."),
    block("redirect", redirect_block, Fill::on_use, into<&RouteDraft::redirect>,
          "Send the client elsewhere."),
    block("respond", respond_block, Fill::on_use, into<&RouteDraft::respond>, "Fixed answer."),
    not_yet("static", "Static files."),
    block("rewrite", rewrite_block, Fill::on_use, into<&RouteDraft::route, &Route::rewrite>,
          "Path sent upstream."),
    block("request_headers", headers_block, Fill::inherited,
          into<&RouteDraft::route, &Route::request_headers>, "Rules for what is sent upstream."),
    block("response_headers", headers_block, Fill::inherited,
          into<&RouteDraft::route, &Route::response_headers>, "Rules for what is sent to clients."),
    value("allow", Type::cidr, into<&RouteDraft::route, &Route::allow>, {}, "Others get 403.").listed(),
    value("deny", Type::cidr, into<&RouteDraft::route, &Route::deny>, {}, "These get 403, even if allowed.")
        .listed(),
    not_yet("basic_auth", "Passwords from an htpasswd file."),
    not_yet("forward_auth", "External auth."),
    not_yet("rate_limit", "Names from `rate_limits`."),
    not_yet("mirror", "Copy requests, ignore answers."),
    not_yet("buffering", "How much of a message is kept before it goes on."),
    value("upgrades", Type::token, with<RouteDraft, bind_upgrades>, "websocket",
          "Upgrade tokens let through to the upstream (others are stripped; `h2c` never passes). Tunnels "
          "other than "
          "websocket are relayed as raw bytes.")
        .listed(),
    block("websocket", websocket_block, Fill::inherited, into<&RouteDraft::route, &Route::websocket>,
          "WebSocket tunnel."),
    not_yet("sse", "Server-sent events and other streamed responses."),
    not_yet("compression", "Response compression."),
    block("retries", retries_block, Fill::inherited, into<&RouteDraft::retries>, "Retries."),
    block("timeouts", timeouts_block, Fill::inherited, into<&RouteDraft::timeouts>, "All timeouts.")
        .without("tls_handshake|client_header|client_body|client_idle|client_write", before_route),
    block("limits", limits_block, Fill::inherited, into<&RouteDraft::limits>, "Hard bounds.")
        .without(only_body, before_route),
    not_yet("access_log", "Access log of the route."),
};

constexpr std::array match_keys{
    value("path", Type::url_path, into<&Match::paths>, {}, "Exact path(s).").listed(Shape::list_or_one),
    value("prefix", Type::url_path, into<&Match::prefixes>, {},
          "Prefix on segment borders: `/api` matches `/api` and `/api/x`, not `/apix`.")
        .listed(Shape::list_or_one),
    value("regex", Type::pattern, into<&Match::regexes>, {},
          "RE2 on the normalised path, anchored at the start.")
        .listed(Shape::list_or_one),
    value("methods", Type::method, into<&Match::methods>, {}, "Request methods.").listed(Shape::list_or_one),
    value("headers", Type::condition, into<&Match::headers>, {},
          "name: value | `~regex` | `present` | `absent`.")
        .listed(Shape::map),
    value("query", Type::condition, into<&Match::query>, {}, "Same forms.").listed(Shape::map),
    not_yet("cookies", "Same forms."),
    value("client_ip", Type::cidr, into<&Match::client_ip>, {}, "Of the real client (after trusted_proxies).")
        .listed(Shape::list_or_one),
    not_yet("protocol", "Request kind: http, websocket or grpc."),
    block("not", match_block, Fill::on_use, into<&Match::negated>, "Negated block."),
};

}  // namespace

constinit const Block host_block{"hosts[]", "host", "A name that is served, with its routes.", host_keys};
constinit const Block route_block{
    "hosts[].routes[]",
    "route",
    "First match in file order wins; `check` warns about routes that can never match.",
    route_keys,
    {},
    {},
    check_route};
constinit const Block target_block{"to[]", "entry of `to`", "An entry of a weighted `to`.", target_keys};
constinit const Block match_block{
    "match", "match", "All given keys must match; a list means any of them. Empty = everything.", match_keys};

}  // namespace baton::config
