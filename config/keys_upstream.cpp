#include "config/block_checks.h"
#include "config/key_rows.h"
#include "config/keys.h"

#include <array>

namespace baton::config {
namespace {

using namespace rows;

constexpr std::array keepalive_keys{
    integer("max_idle", into<&Keepalive::max_idle>, "64", "Idle connections kept per worker and server."),
    duration("idle_timeout", into<&Keepalive::idle_timeout>, "55s",
             "Below the usual 60s of app servers to avoid the reuse race.")
        .or_word("off"),
    duration("max_age", into<&Keepalive::max_age>, "off", "Connections are not reused after this.")
        .or_word("off"),
};
constexpr Block keepalive_block{"keepalive", "keepalive", "Connection pool.", keepalive_keys};

constexpr std::array upstream_keys{
    block("endpoints", endpoint_block, Fill::on_use, into<&UpstreamDraft::upstream, &Upstream::endpoints>,
          "Static endpoints. Required.")
        .listed(),
    not_yet("discovery", "Dynamic endpoints."),
    choice("balance", "least_request|round_robin|random|ip_hash|hash",
           into<&UpstreamDraft::upstream, &Upstream::balance>, "least_request",
           "least_request = weighted power of two choices."),
    expression("hash_key", into<&UpstreamDraft::upstream, &Upstream::hash_key>, {},
               "With balance: hash, e.g. `{header.x-user}` or `{cookie.sid}`; consistent."),
    not_yet("protocol", "HTTP/2 to the servers."),
    block("tls", upstream_tls_block, Fill::on_use, into<&UpstreamDraft::upstream, &Upstream::tls>,
          "TLS to upstream servers."),
    expression("host", into<&UpstreamDraft::upstream, &Upstream::host>, "{host}",
               "Host sent upstream. `{host}` = as received, `{endpoint}` = server address."),
    block("keepalive", keepalive_block, Fill::with_parent,
          into<&UpstreamDraft::upstream, &Upstream::keepalive>, "Connection pool."),
    not_yet("max_connections", "Connections per server of the whole process group."),
    not_yet("queue", "Requests that wait for a slot of max_connections."),
    not_yet("slow_start", "Ramp the weight of a server that just became healthy."),
    not_yet("circuit_breaker", "Stop sending to a failing upstream for a while."),
    not_yet("sticky", "Sticky sessions by cookie."),
    not_yet("proxy_protocol", "Send PROXY protocol to servers."),
    not_yet("health", "Active and passive checks."),
    block("retries", retries_block, Fill::inherited, into<&UpstreamDraft::retries>, "Retries."),
    block("timeouts", timeouts_block, Fill::inherited, into<&UpstreamDraft::timeouts>, "All timeouts.")
        .without("tls_handshake|client_header|client_body|client_idle|client_write",
                 "it concerns clients, not servers"),
};

constexpr std::array endpoint_keys{
    value("address", Type::endpoint_address, with<Endpoint, bind_endpoint_address>, {},
          "`host:port`, `[v6]:port`, `unix:/path`. A scalar list entry is short for this key.")
        .required(),
    integer("weight", into<&Endpoint::weight>, "1",
            "0 = drain (no new requests, existing connections go on).")
        .between(0, 65535),
    boolean("backup", into<&Endpoint::backup>, "false", "Used only when no primary is healthy."),
    integer("max_connections", into<&Endpoint::max_connections>, "0",
            "Per worker process; 0 = upstream setting."),
};

}  // namespace

constinit const Block upstream_block{
    "upstreams.NAME", "upstream", "A named group of endpoints. A bare list is short for `endpoints`.",
    upstream_keys,    {},         "endpoints",
    check_upstream};
constinit const Block endpoint_block{"endpoints[]", "endpoint", "One server of an upstream.", endpoint_keys,
                                     "address"};

}  // namespace baton::config
