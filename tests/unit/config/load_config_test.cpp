#include "config/address_text.h"
#include "config/binder.h"
#include "config/keys.h"
#include "tests/unit/config/loading.h"

#include <boost/test/unit_test.hpp>

using namespace baton::config;
using namespace std::chrono_literals;

namespace {

std::shared_ptr<const Config> good(std::string_view text) {
    auto result = load(text);
    BOOST_REQUIRE_MESSAGE(result.ok(), all(result));
    return result.config;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(loading)

BOOST_AUTO_TEST_CASE(seven_lines_are_a_configuration) {
    const auto result = load_config(BATON_SOURCE_DIR "/tests/fixtures/config/minimal.yaml");
    BOOST_REQUIRE_MESSAGE(result.ok(), all(result));
    BOOST_TEST(result.findings.empty());
    const Config& config = *result.config;
    BOOST_TEST(config.file.starts_with("/"));
    BOOST_TEST(config.hash.size() == 12U);
    BOOST_REQUIRE_EQUAL(config.listeners.size(), 1U);
    BOOST_TEST(config.listeners[0].name == ":8080");
    BOOST_TEST(config.listeners[0].addresses[0].host == "");
    BOOST_TEST(config.listeners[0].addresses[0].port == 8080);
    BOOST_TEST(config.listeners[0].unix_mode == 0660U);
    BOOST_TEST(config.hosts[0].names.front() == "*");
    const Route& route = config.hosts[0].routes.at(0);
    BOOST_TEST(route.name == "*#1");
    BOOST_TEST(std::get<Forward>(route.action).targets.at(0).upstream == "app");
    const Upstream& upstream = config.upstreams.at("app");
    BOOST_TEST(upstream.endpoints[0].host == "127.0.0.1");
    BOOST_TEST(upstream.endpoints[0].port == 3000);
    BOOST_TEST(upstream.endpoints[0].text == "127.0.0.1:3000");
    BOOST_TEST(upstream.host.source() == "{host}");
    BOOST_TEST(config.process.workers >= 1U);
    BOOST_TEST(config.process.pid_file == "/run/baton/baton.pid");
    BOOST_TEST(config.admin.socket == "/run/baton/admin.sock");
}

BOOST_AUTO_TEST_CASE(the_defaults_of_the_table_are_those_of_the_structs) {
    Report report;
    Binder binder(report, "");
    Timeouts timeouts{1s, 1s, 1s, 1s, 1s, 1s, 1s, 1s, 1s};
    binder.set_defaults(timeouts_block, &timeouts);
    BOOST_TEST((timeouts == Timeouts{}));
    Limits limits{1, 1, 1, 1, 1, 1};
    binder.set_defaults(limits_block, &limits);
    BOOST_TEST((limits == Limits{}));
    Retries retries{9, {}, {}, 1s, 1, 1};
    binder.set_defaults(retries_block, &retries);
    BOOST_TEST(
        (retries.attempts == 2 && retries.when == Retries{}.when && retries.methods == Retries{}.methods));
    BOOST_TEST(
        (retries.budget == 0.2 && retries.buffer == Retries{}.buffer && retries.per_try_timeout == 0s));
    WebSocket websocket{false, 1s, 1s, 1s, true, 1, 1s, 1};
    binder.set_defaults(websocket_block, &websocket);
    const WebSocket standard;
    BOOST_TEST((websocket.enabled && websocket.idle_timeout == standard.idle_timeout));
    BOOST_TEST((websocket.ping_interval == 30s && websocket.pong_timeout == 15s && !websocket.ping_upstream));
    BOOST_TEST((websocket.max_frame_size == unlimited && websocket.max_lifetime == 0s &&
                websocket.max_connections == 0));
    AccessLog log;
    log.output = "";
    log.sample = 0;
    binder.set_defaults(access_log_block, &log);
    BOOST_TEST(
        (log.output == "stdout" && log.sample == 1.0 && log.buffer == AccessLog{}.buffer && log.slow == 5s));
    BOOST_TEST(report.errors() == 0U);
}

BOOST_AUTO_TEST_CASE(the_process_wide_blocks_are_bound) {
    const auto config = good(minimal_with(
        "process: { workers: 3, user: www, group: web, runtime_dir: /tmp/b, "
        "max_connections: 100, max_open_files: 9000,\n"
        "  memory_limit: 2GiB, cpu_affinity: true, watch_config: true, sandbox: off, escrow: on }\n"
        "drain: { timeout: 2h, stop_timeout: 10s, idle_grace: 0, close_spread: 1m, "
        "websocket_close_code: 1001,\n"
        "  goaway: immediate, max_generations: 2 }\n"
        "upgrade: { binary: /usr/sbin/baton, ready_timeout: 5s, watch_binary: true, confirm_window: 0,\n"
        "  rollback: never, commit: manual, canary: { share: [10%, 50%], for: 2m, max_error_rate: 0.5%, "
        "max_latency: 20%,\n"
        "  min_requests: 7 } }\n"
        "logging: { level: debug, format: json, output: journald, access: { format: "
        "template, template: \"{method}\",\n"
        "  output: /var/log/a.log, sample: 10%, slow: off, exclude: [/healthz], "
        "long_lived: periodic, interval: 1m,\n"
        "  buffer: 0, flush: 2s } }\n"));
    BOOST_TEST(config->process.workers == 3U);
    BOOST_TEST(*config->process.user == "www");
    BOOST_TEST(*config->process.group == "web");
    BOOST_TEST(config->process.pid_file == "/tmp/b/baton.pid");
    BOOST_TEST(config->admin.socket == "/tmp/b/admin.sock");
    BOOST_TEST(config->process.memory_limit == 2ULL << 30);
    BOOST_TEST((config->process.cpu_affinity && config->process.watch_config));
    BOOST_TEST((config->process.sandbox == Sandbox::off));
    BOOST_TEST((config->process.escrow == Escrow::on));
    BOOST_TEST((config->drain.timeout == 2h && config->drain.idle_grace == 0s &&
                config->drain.close_spread == 1min));
    BOOST_TEST(config->drain.websocket_close_code == 1001);
    BOOST_TEST((config->drain.goaway == Goaway::immediate));
    BOOST_TEST(config->upgrade.binary == "/usr/sbin/baton");
    BOOST_TEST(config->upgrade.watch_binary);
    BOOST_TEST((config->upgrade.confirm_window == 0s && config->upgrade.rollback == Rollback::never));
    BOOST_TEST((config->upgrade.commit == CommitMode::manual));
    const Canary& canary = config->upgrade.canary;
    BOOST_TEST((canary.share == std::vector<double>{0.1, 0.5} && canary.time == 2min));
    BOOST_TEST((canary.max_error_rate == 0.005 && canary.max_latency == 0.2 && canary.min_requests == 7));
    BOOST_TEST((config->logging.level == LogLevel::debug && config->logging.format == LogFormat::json));
    const AccessLog& access = config->logging.access;
    BOOST_TEST((access.format == AccessFormat::templated && access.slow == 0s && access.sample == 0.1));
    BOOST_TEST((access.long_lived == LongLived::periodic && access.buffer == 0));
    BOOST_TEST(access.line.source() == "{method}");
}

BOOST_AUTO_TEST_CASE(a_listener_has_addresses_of_every_kind) {
    const auto config = good(
        "listeners:\n  - { name: all, address: [\":80\", \"127.0.0.1:81\", \"[::1]:82\", "
        "\"unix:/tmp/b.sock\", \"fd:web\"],\n"
        "      trusted_proxies: [10.0.0.0/8], forwarded: both, via: true, server_header: off, backlog: 10, "
        "reuseport: true,\n"
        "      request_id: { header: X-Id, trust: true }, tcp: { user_timeout: 10s, keepalive: off }, "
        "unix_mode: 0600 }\n"
        "hosts: [{ routes: [{ respond: {} }] }]\n");
    const Listener& listener = config->listeners.at(0);
    BOOST_REQUIRE_EQUAL(listener.addresses.size(), 5U);
    BOOST_TEST(listener.addresses[1].host == "127.0.0.1");
    BOOST_TEST(listener.addresses[2].host == "::1");
    BOOST_TEST(listener.addresses[2].port == 82);
    BOOST_TEST((listener.addresses[3].kind == ListenAddress::Kind::unix_path));
    BOOST_TEST(listener.addresses[3].path == "/tmp/b.sock");
    BOOST_TEST((listener.addresses[4].kind == ListenAddress::Kind::inherited));
    BOOST_TEST(listener.addresses[4].path == "web");
    BOOST_TEST((listener.forwarded == ForwardedStyle::both && listener.via && listener.reuseport));
    BOOST_TEST(listener.server_header == "off");
    BOOST_TEST(listener.request_id.header == "X-Id");
    BOOST_TEST((listener.tcp.user_timeout == 10s && listener.tcp.keepalive == 0s));
    BOOST_TEST(listener.unix_mode == 0600U);
    BOOST_TEST(listener.addresses[0].origin.line == 2);
}

BOOST_AUTO_TEST_CASE(a_route_holds_what_it_matches_and_does) {
    const auto config = good(with_route(
        "name: x\n        match: { path: [/a, /b], prefix: /p, regex: \"/([a-z]+)\", methods: [GET], "
        "client_ip: [10.0.0.0/8],\n"
        "          headers: { X-A: \"1\", X-B: ~b+, X-C: present, X-D: absent }, query: { q: present }, not: "
        "{ path: /n } }\n"
        "        to: app\n        rewrite: { strip_prefix: /p, add_prefix: /q, regex: \"/(.)\", replace: "
        "'/\\1' }\n"
        "        allow: [10.0.0.0/8]\n        deny: [10.1.0.0/16]\n        upgrades: [WebSocket, foo]\n"));
    const Route& route = config->hosts[0].routes[0];
    BOOST_TEST(route.name == "x");
    BOOST_TEST(route.match.paths.size() == 2U);
    BOOST_TEST(route.match.prefixes.front() == "/p");
    BOOST_TEST(route.match.regexes.front().pattern() == "/([a-z]+)");
    BOOST_REQUIRE_EQUAL(route.match.headers.size(), 4U);
    BOOST_TEST(route.match.headers[0].name == "x-a");
    BOOST_TEST((route.match.headers[0].kind == FieldMatch::Kind::equals));
    BOOST_TEST((route.match.headers[1].kind == FieldMatch::Kind::regex));
    BOOST_TEST(route.match.headers[1].regex.found_in("abc"));
    BOOST_TEST((route.match.headers[2].kind == FieldMatch::Kind::present));
    BOOST_TEST((route.match.headers[3].kind == FieldMatch::Kind::absent));
    BOOST_REQUIRE(route.match.negated);
    BOOST_TEST(route.match.negated->paths.front() == "/n");
    BOOST_TEST(route.rewrite.replace.parts().front().text == "/\\1");
    BOOST_TEST((route.allow.size() == 1 && route.deny.size() == 1));
    BOOST_TEST(route.upgrades.front() == "websocket");
}

BOOST_AUTO_TEST_CASE(a_redirect_may_be_bare_and_a_fixed_answer_has_defaults) {
    const auto config =
        good(with_route("redirect: \"https://{host}{uri}\"\n        match: { path: /a }\n"
                        "      - respond: { body: hi }"));
    const auto& redirect = std::get<Redirect>(config->hosts[0].routes[0].action);
    BOOST_TEST(redirect.status == 308);
    BOOST_TEST(redirect.to.parts().size() == 3U);
    const auto& respond = std::get<Respond>(config->hosts[0].routes[1].action);
    BOOST_TEST(respond.status == 200);
    BOOST_TEST(respond.content_type == "text/plain; charset=utf-8");
    BOOST_TEST(config->hosts[0].routes[1].name == "*#2");
}

BOOST_AUTO_TEST_CASE(an_url_makes_an_upstream_of_its_own) {
    const auto config = good(
        with_route("to: http://[::1]:9000\n        match: { path: /a }\n      - to: http://api.internal\n"
                   "        match: { path: /b }\n      - to: app"));
    BOOST_TEST(config->upstreams.at("http://[::1]:9000").endpoints[0].host == "::1");
    const Endpoint& endpoint = config->upstreams.at("http://api.internal").endpoints[0];
    BOOST_TEST(endpoint.port == 80);
    BOOST_TEST(endpoint.host == "api.internal");
}

BOOST_AUTO_TEST_CASE(an_upstream_has_endpoints_of_every_kind) {
    const auto config = good(
        "listeners: [\":1\"]\nhosts: [{ routes: [{ to: [{ upstream: u, weight: 95 }, { upstream: v, weight: "
        "5 }] }] }]\n"
        "upstreams:\n  v: [\"[::1]:1\"]\n  u:\n    balance: hash\n    hash_key: \"{cookie.sid}\"\n    host: "
        "\"{endpoint}\"\n"
        "    keepalive: { max_idle: 1, idle_timeout: 2s, max_age: 3s }\n"
        "    endpoints:\n      - { address: \"a.b:80\", weight: 0 }\n      - unix:/tmp/s\n"
        "      - { address: \"10.0.0.1:80\", backup: true, max_connections: 3 }\n");
    const Upstream& upstream = config->upstreams.at("u");
    BOOST_TEST((upstream.balance == Balance::hash));
    BOOST_TEST(upstream.endpoints[0].host == "a.b");
    BOOST_TEST(upstream.endpoints[0].weight == 0U);
    BOOST_TEST((upstream.endpoints[1].kind == Endpoint::Kind::unix_path));
    BOOST_TEST(upstream.endpoints[1].weight == 1U);
    BOOST_TEST((upstream.endpoints[2].backup && upstream.endpoints[2].max_connections == 3));
    BOOST_TEST((upstream.keepalive.max_idle == 1 && upstream.keepalive.idle_timeout == 2s &&
                upstream.keepalive.max_age == 3s));
    const auto& targets = std::get<Forward>(config->hosts[0].routes[0].action).targets;
    BOOST_TEST((targets.size() == 2 && targets[0].weight == 95));
}

BOOST_AUTO_TEST_CASE(relative_paths_stand_beside_the_main_file) {
    const auto result = load_config_text(
        minimal_with("process: { runtime_dir: run }\nlogging: { access: { output: logs/a.log } }\n"),
        "/etc/baton/baton.yaml");
    BOOST_REQUIRE_MESSAGE(result.ok(), all(result));
    BOOST_TEST(result.config->process.pid_file == "/etc/baton/run/baton.pid");
    BOOST_TEST(result.config->logging.access.output == "/etc/baton/logs/a.log");
}

BOOST_AUTO_TEST_CASE(names_of_hosts_are_compared_in_lower_case) {
    BOOST_TEST(good("listeners: [\":1\"]\nhosts: [{ names: [WWW.Example.Com], routes: [] }]\n")
                   ->hosts[0]
                   .names.front() == "www.example.com");
}

BOOST_AUTO_TEST_CASE(anchors_under_ignored_keys_serve_others) {
    const auto config = good(
        minimal_with("x-t: &t { connect: 1s, total: 2s }\ndefaults: { timeouts: { <<: *t, total: 3s } }\n"));
    BOOST_TEST((config->default_timeouts.connect == 1s && config->default_timeouts.total == 3s));
}

BOOST_AUTO_TEST_CASE(a_route_is_known_by_its_name_or_by_what_is_said_of_it_wherever_it_stands) {
    const auto routes = [](const std::string& lines) {
        const auto loaded = load("version: 1\nlisteners: [\":80\"]\nhosts:\n  - routes:\n" + lines);
        BOOST_REQUIRE(loaded.ok());
        return loaded.config->hosts.front().routes;
    };
    const std::string api = "      - {match: {prefix: /api}, respond: {status: 204}}\n";
    const std::string named = "      - {name: health, match: {path: /health}, respond: {status: 200}}\n";
    const auto before = routes(api + named);
    const auto after = routes("      - {match: {path: /new}, respond: {status: 204}}\n" + named + api);
    BOOST_TEST(before[0].name == "*#1");
    BOOST_TEST(after[0].name == "*#1");
    BOOST_TEST(after[0].identity != before[0].identity);
    BOOST_TEST(after[2].identity == before[0].identity);
    BOOST_TEST(after[1].identity == "health");
    BOOST_TEST(before[1].identity == "health");
}

BOOST_AUTO_TEST_SUITE_END()
