#include "config/header_rules.h"
#include "tests/unit/config/loading.h"

#include <boost/test/unit_test.hpp>

using namespace baton::config;
using namespace std::chrono_literals;

namespace {

Template text(std::string value) {
    return Template::literal(std::move(value));
}

std::shared_ptr<const Config> good(std::string_view text) {
    auto result = load(text);
    BOOST_REQUIRE_MESSAGE(result.ok(), all(result));
    return result.config;
}

const Route& route_of(const Config& config, std::size_t index = 0) {
    return config.hosts.at(0).routes.at(index);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(inheritance)

BOOST_AUTO_TEST_CASE(the_nearest_timeout_wins_key_by_key) {
    const auto config = good(
        "defaults: { timeouts: { connect: 1s, response_header: 1s, stream_idle: 1s, total: 1s, client_body: "
        "1s } }\n"
        "listeners: [{ address: \":1\", timeouts: { response_header: 2s, stream_idle: 2s, total: 2s, "
        "client_idle: 2s } }]\n"
        "hosts:\n  - timeouts: { stream_idle: 3s, total: 3s, client_body: 3s }\n    routes:\n"
        "      - { to: u, timeouts: { total: 5s } }\n"
        "upstreams:\n  u: { endpoints: [\"127.0.0.1:1\"], timeouts: { connect: 4s, total: 4s } }\n");
    const Timeouts& timeouts = route_of(*config).timeouts;
    BOOST_TEST((timeouts.connect == 4s));
    BOOST_TEST((timeouts.response_header == 2s));
    BOOST_TEST((timeouts.stream_idle == 3s));
    BOOST_TEST((timeouts.total == 5s));
    BOOST_TEST((timeouts.client_body == 3s));
    BOOST_TEST((timeouts.client_write == 60s));
    BOOST_TEST((config->listeners[0].timeouts.client_idle == 2s));
    BOOST_TEST((config->listeners[0].timeouts.client_body == 1s));
    BOOST_TEST(route_of(*config).by_listener.empty());
}

BOOST_AUTO_TEST_CASE(the_order_of_keys_in_the_file_does_not_matter) {
    const auto config = good(
        "hosts:\n  - routes:\n      - to: u\n    timeouts: { total: 2s }\nupstreams: { u: [\"127.0.0.1:1\"] "
        "}\n"
        "listeners: [\":1\"]\ndefaults: { timeouts: { connect: 9s } }\n");
    BOOST_TEST((route_of(*config).timeouts.total == 2s && route_of(*config).timeouts.connect == 9s));
}

BOOST_AUTO_TEST_CASE(listeners_that_differ_give_a_route_settings_for_each) {
    const auto config = good(
        "listeners:\n  - { name: a, address: \":1\", limits: { body_size: 1KiB } }\n  - { name: b, address: "
        "\":2\" }\n"
        "hosts:\n  - routes:\n      - to: u\n      - { match: { path: /x }, to: u }\n"
        "  - { names: [b.test], listeners: [a], routes: [{ to: u, limits: { body_size: off } }] }\n"
        "  - { names: [c.test], listeners: [a], routes: [{ to: u }] }\nupstreams: { u: [\"127.0.0.1:1\"] "
        "}\n");
    const Route& both = route_of(*config);
    BOOST_REQUIRE_EQUAL(both.by_listener.size(), 2U);
    BOOST_TEST(both.limits_on(0).body_size == 1024U);
    BOOST_TEST(both.limits_on(1).body_size == 10U << 20);
    BOOST_TEST(both.limits.body_size == 10U << 20);
    BOOST_TEST(config->hosts[1].routes[0].limits_on(0).body_size == unlimited);
    BOOST_TEST(config->hosts[2].routes[0].by_listener.empty());
    BOOST_TEST(config->hosts[2].routes[0].limits.body_size == 1024U);
}

BOOST_AUTO_TEST_CASE(several_upstreams_keep_what_they_override) {
    const auto config = good(
        "listeners: [\":1\"]\nhosts:\n  - retries: { attempts: 5 }\n    routes:\n"
        "      - { to: [{ upstream: u }, { upstream: v }], timeouts: { total: 9s }, retries: { buffer: 1KiB "
        "} }\n"
        "upstreams:\n  u: { endpoints: [\"127.0.0.1:1\"], timeouts: { connect: 4s, total: 4s }, retries: { "
        "attempts: 1 } }\n"
        "  v: [\"127.0.0.1:2\"]\n");
    const auto& targets = std::get<Forward>(route_of(*config).action).targets;
    BOOST_TEST((*targets[0].timeouts.connect == 4s));
    BOOST_TEST(!targets[0].timeouts.total);
    BOOST_TEST((targets[0].timeouts.over(route_of(*config).timeouts).connect == 4s));
    BOOST_TEST((targets[0].timeouts.over(route_of(*config).timeouts).total == 9s));
    BOOST_TEST(!targets[1].timeouts.connect);
    BOOST_TEST(targets[0].retries.attempts == 1U);
    BOOST_TEST(targets[0].retries.buffer == 1024U);
    BOOST_TEST(targets[1].retries.attempts == 5U);
    BOOST_TEST((route_of(*config).timeouts.connect == 3s));
}

BOOST_AUTO_TEST_CASE(retries_and_websockets_are_inherited_key_by_key) {
    const auto config =
        good("defaults: { retries: { attempts: 7, when: [\"503\"] }, websocket: { idle_timeout: 6h } }\n" +
             std::string("listeners: [\":1\"]\nhosts:\n  - websocket: { ping_interval: off }\n    routes:\n"
                         "      - { to: http://127.0.0.1:1, retries: { when: [reset] }, websocket: { "
                         "pong_timeout: 1s } }\n"));
    const Route& route = route_of(*config);
    BOOST_TEST(route.retries.attempts == 7U);
    BOOST_REQUIRE_EQUAL(route.retries.when.size(), 1U);
    BOOST_TEST((route.retries.when[0] == RetryCause::reset));
    BOOST_TEST((route.websocket.idle_timeout == 6h && route.websocket.ping_interval == 0s &&
                route.websocket.pong_timeout == 1s));
    BOOST_TEST(std::get<Forward>(route.action).targets[0].retries.attempts == 7U);
}

BOOST_AUTO_TEST_CASE(header_rules_merge_from_outside_in) {
    const auto config = good(
        "defaults: { response_headers: { set: { X-A: outer, X-B: outer }, remove: [X-Powered-By] } }\n"
        "listeners: [\":1\"]\nhosts:\n  - response_headers: { add: { X-C: host } }\n    routes:\n"
        "      - { respond: {}, response_headers: { set: { x-a: inner }, remove: [X-B] } }\n");
    const HeaderRules& rules = route_of(*config).response_headers;
    BOOST_TEST(rules.remove.size() == 2U);
    BOOST_TEST(rules.remove[0] == "x-powered-by");
    BOOST_TEST(rules.remove[1] == "x-b");
    BOOST_REQUIRE_EQUAL(rules.set.size(), 1U);
    BOOST_TEST(rules.set[0].first == "x-a");
    BOOST_TEST(rules.set[0].second.source() == "inner");
    BOOST_REQUIRE_EQUAL(rules.add.size(), 1U);
}

BOOST_AUTO_TEST_CASE(an_inner_set_replaces_outer_additions_and_a_prefix_removes_many) {
    HeaderRules outer;
    outer.set = {{"X-Aa", text("1")}, {"X-B", text("1")}};
    outer.add = {{"X-B", text("2")}, {"X-Ab", text("2")}};
    HeaderRules inner;
    inner.remove = {"x-a*"};
    inner.set = {{"X-B", text("3")}};
    const HeaderRules merged = merge_header_rules(outer, inner);
    BOOST_REQUIRE_EQUAL(merged.set.size(), 1U);
    BOOST_TEST(merged.set[0].second.source() == "3");
    BOOST_TEST(merged.add.empty());
}

BOOST_AUTO_TEST_SUITE_END()
