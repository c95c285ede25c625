/// The whole configuration as immutable, typed, fully resolved data.
///
/// `load_config` builds it or reports every mistake of the files at once. After loading nothing is inherited
/// any more: a route holds the timeouts, limits and header rules that apply to it (defaults → listener, host
/// or upstream → route). One `Config` serves one generation and is shared as `std::shared_ptr<const Config>`.
#pragma once

#include "config/cidr.h"
#include "config/regex.h"
#include "config/template.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace baton::config {

using Duration = std::chrono::milliseconds;
/// `off` of a duration: that deadline never comes.
inline constexpr Duration no_deadline{0};
/// `off` of a size.
inline constexpr std::uint64_t unlimited = UINT64_MAX;

/// Where a key was written, for messages about it after loading (`baton.yaml:12:5`).
struct Origin {
    std::string file;
    int line = 0;
    int column = 0;
};

struct Timeouts {
    Duration tls_handshake{std::chrono::seconds{10}};
    Duration client_header{std::chrono::seconds{10}};
    Duration client_body{std::chrono::seconds{30}};
    Duration client_idle{std::chrono::seconds{75}};
    Duration client_write{std::chrono::seconds{60}};
    Duration connect{std::chrono::seconds{3}};
    Duration response_header{std::chrono::seconds{60}};
    Duration stream_idle{std::chrono::minutes{5}};
    Duration total{no_deadline};

    bool operator==(const Timeouts&) const = default;
};

struct Limits {
    std::uint64_t uri_size = 8ULL * 1024;
    std::uint64_t header_size = 32ULL * 1024;
    std::uint32_t header_count = 100;
    std::uint64_t body_size =
        10ULL * 1024 * 1024;  ///< bytes of a request body; `unlimited` = streamed without bound
    std::uint32_t requests_per_connection = 10000;  ///< 0 = unlimited
    std::uint32_t connections_per_ip = 0;           ///< 0 = off

    bool operator==(const Limits&) const = default;
};

struct WebSocket {
    bool enabled = true;
    Duration idle_timeout{std::chrono::hours{1}};
    Duration ping_interval{std::chrono::seconds{30}};
    Duration pong_timeout{std::chrono::seconds{15}};
    bool ping_upstream = false;
    std::uint64_t max_frame_size = unlimited;
    Duration max_lifetime{no_deadline};
    std::uint32_t max_connections = 0;  ///< 0 = only global limits

    bool operator==(const WebSocket&) const = default;
};

enum class RetryCause : std::uint8_t { connect_failure, reset, timeout, status_502, status_503, status_504 };

struct Retries {
    std::uint32_t attempts = 2;  ///< extra tries after the first
    std::vector<RetryCause> when{RetryCause::connect_failure, RetryCause::reset};
    std::vector<std::string> methods{"GET", "HEAD", "OPTIONS", "PUT", "DELETE"};
    Duration per_try_timeout{no_deadline};
    double budget = 0.2;                  ///< share of the active requests to the upstream, 0..1
    std::uint64_t buffer = 64ULL * 1024;  ///< bytes of request body kept for a replay
};

/// What is done to the fields of a head, in this order: remove, set, add.
struct HeaderRules {
    std::vector<std::string> remove;  ///< lower case; `prefix-*` removes every name that starts so
    std::vector<std::pair<std::string, Template>> set;
    std::vector<std::pair<std::string, Template>> add;
    bool empty() const { return remove.empty() && set.empty() && add.empty(); }
};

// ---- TLS
// -------------------------------------------------------------------------------------------------------

/// A file that the configuration names, made absolute, and where. Empty = unset.
struct FilePath {
    std::string path;
    Origin origin;
    bool empty() const { return path.empty(); }
};

enum class TlsVersion : std::uint8_t { tls_1_2, tls_1_3 };
/// Mozilla's server-side profiles. `modern` is TLS 1.3 only.
enum class TlsProfile : std::uint8_t { modern, intermediate };
/// What a certificate that cannot be used does to `check` and `reload`. A cold start always skips it.
enum class OnCertificateError : std::uint8_t { fail, skip };
enum class OcspStapling : std::uint8_t { automatic, off };

struct CertificateFiles {
    std::string name;  ///< may be empty
    FilePath cert;     ///< PEM: the certificate, then its chain
    FilePath key;      ///< PEM, not encrypted
    FilePath ocsp;     ///< DER response, may be empty
};

struct SessionTickets {
    bool enabled = true;
    Duration rotate{std::chrono::hours{12}};
    std::uint32_t keep = 2;                       ///< former keys that are still accepted
    static constexpr std::size_t most_keys = 16;  ///< that the lineage's memory has room for
    std::vector<FilePath> key_files;  ///< 80 bytes each, the first encrypts; empty = keys made in memory
};

struct Tls {
    std::vector<CertificateFiles> certificates;
    std::vector<FilePath> directories;
    bool watch = true;
    OnCertificateError on_error = OnCertificateError::fail;
    std::string default_certificate;  ///< a certificate's name; empty = an unknown name is refused
    Origin default_certificate_origin;
    TlsVersion min_version = TlsVersion::tls_1_2;  ///< tls_1_3 with the `modern` profile
    TlsProfile profile = TlsProfile::intermediate;
    SessionTickets session_tickets;
    OcspStapling ocsp_stapling = OcspStapling::automatic;
    Origin origin;
};

/// TLS to the servers of an upstream.
struct UpstreamTls {
    bool enabled = false;  ///< any of the other keys, or an https:// URL, implies it
    Template server_name;  ///< SNI and the name to verify; empty = the endpoint's host as written
    bool verify = true;
    FilePath ca;  ///< PEM bundle; empty = the system's
    FilePath cert;
    FilePath key;
    TlsVersion min_version = TlsVersion::tls_1_2;
};

// ---- listeners
// ---------------------------------------------------------------------------------------------------

/// One address to listen on. `:443` has an empty host and means all of IPv4 and IPv6 on one socket.
struct ListenAddress {
    enum class Kind : std::uint8_t { ip, unix_path, inherited } kind = Kind::ip;
    std::string host;        ///< ip: numeric address without brackets, or empty = any, both families
    std::uint16_t port = 0;  ///< ip only
    std::string path;        ///< unix_path: the path; inherited: the name in LISTEN_FDNAMES (`fd:NAME`)
    std::string text;        ///< as written
    Origin origin;
};

enum class ForwardedStyle : std::uint8_t { x_forwarded, forwarded, both, off };

struct RequestId {
    std::string header = "X-Request-Id";
    bool trust = false;
};

struct TcpOptions {
    Duration keepalive{std::chrono::seconds{60}};
    Duration user_timeout{no_deadline};
    bool fast_open = false;
    bool defer_accept = false;
};

struct Listener {
    std::string name;  ///< default: the first address as written
    std::vector<ListenAddress> addresses;
    bool tls = false;
    bool http1 = true;
    std::vector<Cidr> trusted_proxies;
    ForwardedStyle forwarded = ForwardedStyle::x_forwarded;
    bool via = false;
    std::string server_header = "baton";  ///< `off` removes it, `pass` keeps the upstream's
    RequestId request_id;
    int backlog = 4096;
    bool reuseport = false;
    std::uint32_t max_connections = 0;  ///< 0 = process limit
    TcpOptions tcp;
    std::uint32_t unix_mode = 0660;
    Timeouts timeouts;  ///< the client_* ones apply before a route is known
    Limits limits;      ///< head limits apply before a route is known
    Origin origin;
};

// ---- hosts and routes
// --------------------------------------------------------------------------------------------

/// One condition on a named header or query parameter.
struct FieldMatch {
    enum class Kind : std::uint8_t { equals, regex, present, absent } kind = Kind::equals;
    std::string name;  ///< header names in lower case
    std::string value;
    Regex regex;  ///< only with Kind::regex
};

/// All given conditions must hold; a list holds when any of its items does. Empty matches everything.
struct Match {
    std::vector<std::string> paths;
    std::vector<std::string>
        prefixes;                ///< on segment borders: `/api` matches `/api` and `/api/x`, not `/apix`
    std::vector<Regex> regexes;  ///< on the normalised path, anchored at the start
    std::vector<std::string> methods;
    std::vector<FieldMatch> headers;
    std::vector<FieldMatch> query;
    std::vector<Cidr> client_ip;
    std::shared_ptr<const Match> negated;  ///< `not`
};

/// What an upstream says about its own timeouts, where the route does not say it nearer.
struct UpstreamTimeouts {
    std::optional<Duration> connect;
    std::optional<Duration> response_header;
    std::optional<Duration> stream_idle;
    std::optional<Duration> total;

    /// The route's timeouts with these in their place.
    Timeouts over(Timeouts route) const;
};
struct WeightedUpstream {
    std::string upstream;  ///< a key of Config::upstreams
    std::uint32_t weight = 1;
    UpstreamTimeouts timeouts{};  ///< empty for a single upstream: `Route::timeouts` holds them then
    Retries retries{};            ///< host → upstream → route
};
struct Forward {
    std::vector<WeightedUpstream> targets;  ///< never empty
};
struct Redirect {
    Template to;
    std::uint16_t status = 308;
};
struct Respond {
    std::uint16_t status = 200;
    Template body;
    std::string content_type = "text/plain; charset=utf-8";
};

struct Rewrite {
    std::string strip_prefix;
    std::string add_prefix;
    Regex regex;  ///< empty = none
    Template replace;
    bool empty() const { return strip_prefix.empty() && add_prefix.empty() && regex.empty(); }
};

/// What applies to a route for requests of one listener.
struct ListenerSettings {
    Timeouts timeouts;
    Limits limits;
};

/// Timeouts and limits are inherited key by key, the nearest wins: defaults → listener → host → upstream →
/// route.
struct Route {
    std::string name;  ///< default: `host#n`, n counting from 1
    /// By which the route is found again in another configuration: its name, or where it has none, its host
    /// and a digest of what the file says of it. A number would mean another route once one is added.
    std::string identity;
    Match match;
    std::variant<Forward, Redirect, Respond> action;
    Rewrite rewrite;
    HeaderRules request_headers;
    HeaderRules response_headers;
    std::vector<Cidr> allow;  ///< empty = everyone
    std::vector<Cidr> deny;
    std::vector<std::string> upgrades{"websocket"};  ///< lower case; `h2c` never
    WebSocket websocket;
    Retries retries;
    Timeouts timeouts;
    Limits limits;
    /// Only when listeners that serve the host differ in what they say: one entry for each of
    /// `Config::listeners`.
    std::vector<ListenerSettings> by_listener;
    Origin origin;

    /// What applies to a request that came in by `Config::listeners[listener]`.
    const Timeouts& timeouts_on(std::size_t listener) const {
        return listener < by_listener.size() ? by_listener[listener].timeouts : timeouts;
    }
    const Limits& limits_on(std::size_t listener) const {
        return listener < by_listener.size() ? by_listener[listener].limits : limits;
    }
};

enum class ClientAuthMode : std::uint8_t { off, request, require };

/// Certificates that clients of a host show (mTLS).
struct ClientAuth {
    ClientAuthMode mode = ClientAuthMode::off;
    FilePath ca;   ///< PEM bundle that client certificates must lead to; never empty unless mode is off
    FilePath crl;  ///< PEM, may be empty
    bool forward = false;  ///< tell the upstream about the certificate (RFC 9440)
};

struct HostTls {
    std::string certificate;  ///< `CertificateFiles::name` that is pinned; empty = chosen by its names
    Origin certificate_origin;
    TlsVersion min_version = TlsVersion::tls_1_2;  ///< never below `Tls::min_version`
    ClientAuth client_auth;
};

struct Host {
    std::vector<std::string> names{"*"};  ///< lower case: `example.com`, `*.example.com`, `*`
    std::vector<std::string> listeners;   ///< names; empty = all
    HostTls tls;
    /// `redirect_https`, resolved: plain HTTP gets 308, except below `/.well-known/acme-challenge/`.
    bool redirects_to_https = false;
    std::uint16_t https_port =
        443;           ///< where that redirect leads: the first TLS listener that serves the host
    std::string hsts;  ///< value of Strict-Transport-Security on TLS answers, without it empty
    std::vector<Route> routes;
    Origin origin;
};

// ---- upstreams
// ---------------------------------------------------------------------------------------------------

struct Endpoint {
    enum class Kind : std::uint8_t { ip_or_name, unix_path } kind = Kind::ip_or_name;
    std::string host;  ///< numeric address without brackets, or a name that is resolved at start and reload
    std::uint16_t port = 0;
    std::string path;          ///< unix_path only
    std::string text;          ///< as written: the endpoint's label in logs and metrics
    std::uint32_t weight = 1;  ///< 0 = no new requests
    bool backup = false;
    std::uint32_t max_connections = 0;
    Origin origin;
};

enum class Balance : std::uint8_t { least_request, round_robin, random, ip_hash, hash };

struct Keepalive {
    std::uint32_t max_idle = 64;  ///< per worker and endpoint
    Duration idle_timeout{std::chrono::seconds{55}};
    Duration max_age{no_deadline};
};

struct Upstream {
    std::string name;
    std::vector<Endpoint> endpoints;
    Balance balance = Balance::least_request;
    Template hash_key;
    Template host;  ///< Host sent upstream; default `{host}`
    Keepalive keepalive;
    UpstreamTls tls;
    Origin origin;
};

// ---- the rest
// ----------------------------------------------------------------------------------------------------

enum class Sandbox : std::uint8_t { off, basic, strict };
enum class Escrow : std::uint8_t { off, on };

struct Process {
    std::uint32_t workers = 0;  ///< never 0 after loading: `auto` is resolved from affinity and cgroup quota
    std::optional<std::string> user;  ///< unset: `baton` if that user exists, else `nobody`
    std::optional<std::string> group;
    std::string runtime_dir = "/run/baton";
    std::string pid_file;               ///< default `{runtime_dir}/baton.pid`
    std::uint32_t max_connections = 0;  ///< 0 = auto
    std::uint32_t max_open_files = 0;   ///< 0 = auto: raise soft to hard limit
    std::uint64_t memory_limit = 0;     ///< bytes, 0 = auto
    bool cpu_affinity = false;
    bool watch_config = false;
    Sandbox sandbox = Sandbox::basic;
    Escrow escrow = Escrow::off;
};

enum class Goaway : std::uint8_t { defer_websocket, immediate };

struct Drain {
    Duration timeout{std::chrono::minutes{30}};
    Duration stop_timeout{std::chrono::seconds{30}};
    Duration idle_grace{std::chrono::seconds{5}};
    Duration close_spread{std::chrono::seconds{30}};
    std::uint16_t websocket_close_code = 1012;
    Goaway goaway = Goaway::defer_websocket;
    std::uint32_t max_generations = 4;
};

/// `automatic` is written `auto`.
enum class Handover : std::uint8_t { automatic, off };

/// `automatic` is written `auto`.
enum class Rollback : std::uint8_t { automatic, never };
enum class CommitMode : std::uint8_t { automatic, manual };

/// What a new binary must prove before it takes everything. Shares are from 0 to 1.
struct Canary {
    std::vector<double> share;  ///< of the new connections, one after the other; empty = no canary
    Duration time{std::chrono::minutes{1}};  ///< for each share at least
    double max_error_rate = 0.01;            ///< above the predecessor's own
    double max_latency = 0.5;                ///< growth of the 99th percentile
    std::uint32_t min_requests = 100;
};

struct Upgrade {
    std::string binary;  ///< empty: the path this master was started from
    Duration ready_timeout{std::chrono::seconds{30}};
    Duration confirm_window{std::chrono::seconds{10}};  ///< 0 = no probation
    Rollback rollback = Rollback::automatic;
    CommitMode commit = CommitMode::automatic;
    Canary canary;
    Handover handover = Handover::automatic;
    bool watch_binary = false;
};

struct Admin {
    std::string socket;  ///< default `{runtime_dir}/admin.sock`
};

enum class LogLevel : std::uint8_t { debug, info, notice, warn, error, crit };
enum class LogFormat : std::uint8_t { text, json };
enum class AccessFormat : std::uint8_t { json, combined, templated };
enum class LongLived : std::uint8_t { end, start_end, periodic };

struct AccessLog {
    bool enabled = true;
    AccessFormat format = AccessFormat::json;
    Template line;                    ///< with AccessFormat::templated
    std::vector<std::string> fields;  ///< JSON fields to keep; empty = all
    std::string output = "stdout";    ///< `stdout`, `stderr`, a file, `syslog:…`, `journald`
    double sample = 1.0;              ///< share of 2xx/3xx that is logged, 0..1
    Duration slow{std::chrono::seconds{5}};
    std::vector<std::string> exclude;
    LongLived long_lived = LongLived::start_end;
    Duration interval{std::chrono::minutes{5}};
    std::uint64_t buffer = 64ULL * 1024;
    Duration flush{std::chrono::seconds{1}};
};

struct Logging {
    LogLevel level = LogLevel::info;
    LogFormat format = LogFormat::text;
    std::string output = "stderr";
    AccessLog access;
};

struct Config {
    std::string file;  ///< absolute path of the main file
    std::string
        hash;  ///< 12 hex digits over the effective configuration: equal hash = nothing changed in effect
    Process process;
    Drain drain;
    Upgrade upgrade;
    Admin admin;
    Logging logging;
    Tls tls;
    Limits default_limits;
    Timeouts default_timeouts;
    std::vector<Listener> listeners;
    std::vector<Host> hosts;
    std::map<std::string, Upstream>
        upstreams;                   ///< inline upstreams (`to: http://…`) are here under their URL
    std::vector<std::string> files;  ///< absolute paths of the main file and of all it includes
    std::string effective;           ///< what `dump` returns
};

}  // namespace baton::config
