#include "config/block_checks.h"
#include "config/key_rows.h"
#include "config/keys.h"

#include <array>

namespace baton::config {
namespace {

using namespace rows;

constexpr std::array process_keys{
    integer("workers", into<&Process::workers>, "auto", "auto = CPUs allowed by affinity and cgroup quota.")
        .between(1, 1024)
        .or_word("auto"),
    text("user", into<&Process::user>, {}, "When started as root.")
        .computed("`baton` if it exists, else `nobody`"),
    text("group", into<&Process::group>, {}, "When started as root.").computed("the user's group"),
    value("runtime_dir", Type::file_path, into<&Process::runtime_dir>, "/run/baton",
          "pid file, admin socket, upgrade socket, shared counters."),
    value("pid_file", Type::file_path, into<&Process::pid_file>, {}, "Locked while the master runs.")
        .computed("{runtime_dir}/baton.pid"),
    integer("max_connections", into<&Process::max_connections>, "auto",
            "Client connections, all workers. auto = (RLIMIT_NOFILE - 512) / 2.")
        .between(1, INT32_MAX)
        .or_word("auto"),
    integer("max_open_files", into<&Process::max_open_files>, "auto", "auto = raise soft to hard limit.")
        .between(64, INT32_MAX)
        .or_word("auto"),
    size("memory_limit", into<&Process::memory_limit>, "auto",
         "Shed load (stop accepting, then 503) above this. auto = 80% of the cgroup limit, else off.")
        .between(16 << 20, INT64_MAX)
        .or_word("auto"),
    boolean("cpu_affinity", into<&Process::cpu_affinity>, "false", "Pin worker n to CPU n."),
    boolean("watch_config", into<&Process::watch_config>, "false",
            "Reload when the files change and are quiet for a second (inotify; ConfigMap ..data swap "
            "understood). A bad file is refused, reported, and waits for the next change."),
    choice(
        "sandbox", "off|basic|strict", into<&Process::sandbox>, "basic",
        "basic = no_new_privs + dropped capabilities; strict = + seccomp + landlock: no file but the logs, "
        "no "
        "port but the upstreams', no system call but those that serving takes. Applied to workers only: the "
        "master must be able to exec a newer binary."),
    choice("escrow", "off|on", into<&Process::escrow>, "off",
           "`on`: WebSockets and other tunnels that were quiet for a second or two outlive a worker that "
           "crashes: another one adopts them on the same connections. Costs 5 KB of memory and two "
           "descriptors of the master for each, and 18 000 instructions whenever one falls quiet again; "
           "nothing while it talks or rests."),
};
constexpr Block process_block{"process", "process", "The processes of Baton.", process_keys};

constexpr std::array drain_keys{
    duration("timeout", into<&Drain::timeout>, "30m",
             "How long what cannot be handed over may live in an old generation after reload or upgrade."),
    duration("stop_timeout", into<&Drain::stop_timeout>, "30s", "Same for SIGTERM and `baton stop`."),
    duration("idle_grace", into<&Drain::idle_grace>, "5s",
             "Idle HTTP/1 keep-alive connections still get one more answer (with Connection: close) for this "
             "long, so "
             "no request meets a RST.")
        .between(0, INT64_MAX),
    duration("close_spread", into<&Drain::close_spread>, "30s",
             "Forced closes at the deadline are spread evenly over this window (no reconnect storm).")
        .between(0, INT64_MAX),
    choice("websocket_close_code", "1001|1012", into<&Drain::websocket_close_code>, "1012",
           "Close frame sent at the deadline; 1012 = service restart."),
    choice(
        "goaway", "defer_websocket|immediate", into<&Drain::goaway>, "defer_websocket",
        "Do not send GOAWAY on an h2 connection while it carries a WebSocket (Firefox drops them), until the "
        "deadline."),
    integer("max_generations", into<&Drain::max_generations>, "4",
            "Old ones beyond this are closed early, oldest first.")
        .between(1, 64),
};
constexpr Block drain_block{"drain", "drain",
                            "What happens to existing connections at reload, upgrade, stop.", drain_keys};

constexpr std::array canary_keys{
    percent("share", into<&Canary::share>, {},
            "Steps of the share of new connections, e.g. `[10%, 50%]`; empty = no canary.")
        .listed(),
    duration("for", into<&Canary::time>, "1m", "Time at each step."),
    percent("max_error_rate", into<&Canary::max_error_rate>, "1%",
            "Of 5xx and failed connections, above the predecessor's own."),
    percent(
        "max_latency", into<&Canary::max_latency>, "50%",
        "Growth of p99 over the predecessor's; on probation, of the median over that of its last minutes."),
    integer("min_requests", into<&Canary::min_requests>, "100", "No verdict before so many."),
};
constexpr Block canary_block{"upgrade.canary", "canary",
                             "What a new binary must prove before it takes everything.", canary_keys};

constexpr std::array upgrade_keys{
    value("binary", Type::file_path, into<&Upgrade::binary>, {}, "The executable that an upgrade starts.")
        .computed("path this master was started from, made absolute at start"),
    duration("ready_timeout", into<&Upgrade::ready_timeout>, "30s",
             "New master must report ready; else it is killed and nothing changed."),
    duration(
        "confirm_window", into<&Upgrade::confirm_window>, "10s",
        "Probation: the old generation stands by this long, and takes everything back if workers of the new "
        "one crash, or if it does worse than `canary` allows. 0 = none.")
        .between(0, INT64_MAX),
    choice("rollback", "auto|never", into<&Upgrade::rollback>, "auto",
           "Whether a successor that crashes or does worse on trial is rolled back by itself."),
    choice("handover", "auto|off", into<&Upgrade::handover>, "auto",
           "Live connections move to the successor (reload and upgrade). `off`: they drain in the old "
           "generation."),
    choice(
        "commit", "auto|manual", into<&Upgrade::commit>, "auto",
        "`manual`: nginx's dance. USR2 starts the successor and both accept; WINCH to the predecessor (its "
        "pid is in `{pid_file}.oldbin`) moves and drains its connections, QUIT retires it, HUP takes "
        "everything back."),
    boolean("watch_binary", into<&Upgrade::watch_binary>, "false",
            "Upgrade when the executable's file changes. A bad one is refused, reported, and waits for the "
            "next."),
    block("canary", canary_block, Fill::with_parent, into<&Upgrade::canary>,
          "What a new binary must prove before it takes everything."),
};
constexpr Block upgrade_block{"upgrade", "upgrade", "How a new binary takes over.", upgrade_keys};

constexpr std::array admin_keys{
    value("socket", Type::file_path, into<&Admin::socket>, {}, "Unix socket for the commands. Always on.")
        .computed("{runtime_dir}/admin.sock"),
    not_yet("socket_group", "The group that may use the socket."),
    not_yet("http", "Status page, API, metrics."),
};
constexpr Block admin_block{"admin", "admin", "The control socket.", admin_keys};

constexpr std::array logging_keys{
    choice("level", "debug|info|notice|warn|error|crit", into<&Logging::level>, "info",
           "Events below this are not logged."),
    choice("format", "text|json", into<&Logging::format>, "text", "The form of an event."),
    value("output", Type::output, with<Logging, bind_log_output>, "stderr", "Same values as access output."),
    block("access", access_log_block, Fill::with_parent, into<&Logging::access>, "Access log."),
};
constexpr Block logging_block{"logging", "logging", "Events and the access log.", logging_keys};

constexpr std::array defaults_keys{
    block("timeouts", timeouts_block, Fill::with_parent, into<&Draft::config, &Config::default_timeouts>,
          "All timeouts."),
    block("limits", limits_block, Fill::with_parent, into<&Draft::config, &Config::default_limits>,
          "Hard bounds."),
    block("request_headers", headers_block, Fill::inherited, into<&Draft::request_headers>,
          "Rules for what is sent upstream."),
    block("response_headers", headers_block, Fill::inherited, into<&Draft::response_headers>,
          "Rules for what is sent to clients."),
    block("websocket", websocket_block, Fill::with_parent, into<&Draft::websocket>, "WebSocket tunnel."),
    not_yet("sse", "Server-sent events and other streamed responses."),
    not_yet("compression", "Response compression."),
    block("retries", retries_block, Fill::with_parent, into<&Draft::retries>, "Retries."),
};
constexpr Block defaults_block{"defaults", "defaults", "Inherited by listeners, hosts, upstreams and routes.",
                               defaults_keys};

/// `defaults` has no struct of its own: its keys bind members of the draft.
void bind_defaults(Binder& binder, const Key& key, const Node& node, Draft& draft) {
    binder.bind(*key.block, node, &draft, &key);
}

constexpr std::array top_keys{
    integer("version", with<Draft, bind_version>, "1", "Config language version.").between(1, 1),
    text("include", with<Draft, bind_include>, {},
         "Globs, relative to this file, sorted; lists append, maps merge, a scalar or map key set twice is "
         "an error "
         "that shows both places.")
        .listed(Shape::list_or_one),
    block("process", process_block, Fill::with_parent, into<&Draft::config, &Config::process>,
          "The processes of Baton."),
    block("drain", drain_block, Fill::with_parent, into<&Draft::config, &Config::drain>,
          "What happens to existing connections at reload, upgrade, stop."),
    block("upgrade", upgrade_block, Fill::with_parent, into<&Draft::config, &Config::upgrade>,
          "How a new binary takes over."),
    block("admin", admin_block, Fill::with_parent, into<&Draft::config, &Config::admin>,
          "The control socket."),
    block("logging", logging_block, Fill::with_parent, into<&Draft::config, &Config::logging>,
          "Events and the access log."),
    not_yet("metrics", "Labels come only from the configuration, never from client input."),
    not_yet("tracing", "Trace context and export."),
    block("tls", tls_block, Fill::with_parent, into<&Draft::config, &Config::tls>,
          "Certificates and the rules for TLS."),
    block("defaults", defaults_block, Fill::with_parent, with<Draft, bind_defaults>,
          "Inherited by listeners, hosts, upstreams and routes."),
    not_yet("rate_limits", "Named token buckets."),
    block("listeners", listener_block, Fill::on_use, into<&Draft::listeners>, "Where Baton listens.")
        .listed()
        .required(),
    block("hosts", host_block, Fill::on_use, into<&Draft::hosts>, "Which names it serves.")
        .listed()
        .required(),
    block("upstreams", upstream_block, Fill::on_use, into<&Draft::upstreams>,
          "Name -> upstream. A bare list is short for `endpoints`.")
        .listed(Shape::map),
};

// Top-level blocks are part of the first section.
constexpr std::array<const Block*, 14> sections{
    &top_level,       &listener_block, &host_block,     &route_block,      &match_block,
    &target_block,    &upstream_block, &endpoint_block, &timeouts_block,   &limits_block,
    &websocket_block, &retries_block,  &headers_block,  &access_log_block,
};

}  // namespace

constinit const Block top_level{"top level", "the configuration",
                                "Everything but `listeners` and `hosts` is optional.", top_keys};

std::span<const Block* const> reference_blocks() {
    return sections;
}

}  // namespace baton::config
