#include "tests/unit/config/loading.h"

#include <boost/test/unit_test.hpp>

using namespace baton::config;

namespace {

std::string hosts(std::string_view text) {
    return "listeners:\n  - { name: a, address: \":1\" }\n  - { name: b, address: \":2\" }\nhosts:\n" +
           std::string(text);
}

std::string listeners(std::string_view text) {
    return "hosts: [{ routes: [{ respond: {} }] }]\nlisteners:\n" + std::string(text);
}

/// The place of the W-UNREACHABLE warning about two routes with these matches, or "reachable".
std::string second_of(const std::string& first, const std::string& second) {
    const auto result =
        load(with_route("{ to: app, match: " + first + " }\n      - { to: app, match: " + second + " }"));
    BOOST_REQUIRE_MESSAGE(result.ok(), all(result));
    return result.findings.empty() ? "reachable" : place_of(result, "W-UNREACHABLE");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(cross_checks)

BOOST_AUTO_TEST_CASE(a_route_that_an_earlier_one_leaves_nothing_is_told_with_both_lines) {
    const auto result = load(with_route("to: app\n      - { to: app, match: { path: /a } }"));
    BOOST_TEST(result.ok());
    BOOST_TEST(place_of(result, "W-UNREACHABLE") == "7:9");
    BOOST_TEST(finding_of(result, "W-UNREACHABLE").help == "the route at line 6 takes everything before it");
    BOOST_TEST(finding_of(result, "W-UNREACHABLE").related.front().line == 6);
}

BOOST_AUTO_TEST_CASE(conditions_are_compared_one_by_one) {
    BOOST_TEST(second_of("{ prefix: /api }", "{ prefix: /api/v1 }") == "7:9");
    BOOST_TEST(second_of("{ prefix: /api }", "{ path: /api }") == "7:9");
    BOOST_TEST(second_of("{ prefix: / }", "{ prefix: /x, methods: [GET] }") == "7:9");
    BOOST_TEST(second_of("{ path: [/a, /b] }", "{ path: /b }") == "7:9");
    BOOST_TEST(second_of("{ headers: { x: present } }", "{ headers: { x: present, y: b } }") == "7:9");
    BOOST_TEST(second_of("{ client_ip: [10.0.0.0/8] }", "{ client_ip: [10.1.0.0/16] }") == "7:9");
    BOOST_TEST(second_of("{ regex: \"/a+\" }", "{ regex: \"/a+\", methods: [GET] }") == "7:9");
}

BOOST_AUTO_TEST_CASE(routes_that_may_still_match_are_not_accused) {
    BOOST_TEST(second_of("{ prefix: /api }", "{ prefix: /apix }") == "reachable");
    BOOST_TEST(second_of("{ prefix: /api/v1 }", "{ prefix: /api }") == "reachable");
    BOOST_TEST(second_of("{ path: /a }", "{ prefix: /a }") == "reachable");
    BOOST_TEST(second_of("{ methods: [GET] }", "{ path: /a }") == "reachable");
    BOOST_TEST(second_of("{ methods: [GET] }", "{ methods: [GET, POST] }") == "reachable");
    BOOST_TEST(second_of("{ not: { path: /a } }", "{ path: /b }") == "reachable");
    BOOST_TEST(second_of("{ headers: { x: a } }", "{ headers: { x: b } }") == "reachable");
    BOOST_TEST(second_of("{ client_ip: [10.1.0.0/16] }", "{ client_ip: [10.0.0.0/8] }") == "reachable");
    BOOST_TEST(second_of("{ query: { a: present } }", "{ path: /b }") == "reachable");
}

BOOST_AUTO_TEST_CASE(a_strict_sandbox_wants_the_address_of_syslog_and_not_its_name) {
    const auto with_outputs = [](const std::string& sandbox, const std::string& output) {
        return load(with_route("to: app") + "process: { sandbox: " + sandbox + " }\nlogging:\n  output: \"" +
                    output + "\"\n  access: { output: \"" + output + "\" }\n");
    };
    for (const char* const name :
         {"syslog:udp:logs.test", "syslog:udp:logs.test:514", "syslog:udp:127.0.0.1:syslog"}) {
        const auto refused = with_outputs("strict", name);
        BOOST_TEST(refused.findings.size() == 2U, all(refused));
        BOOST_TEST(place_of(refused, "E-CONFLICT") == "9:11");
        BOOST_TEST(with_outputs("basic", name).ok());
    }
    for (const char* const address : {"syslog:udp:127.0.0.1", "syslog:udp:[::1]", "syslog:udp:[::1]:515",
                                      "syslog:unix:/dev/log", "stderr", "/a.log"})
        BOOST_TEST(with_outputs("strict", address).ok(), all(with_outputs("strict", address)));
}

BOOST_AUTO_TEST_CASE(an_upstream_without_a_route_is_a_warning) {
    const auto result = load(minimal_with("  spare: [\"127.0.0.1:1\"]\n"));
    BOOST_TEST(result.ok());
    BOOST_TEST(place_of(result, "W-UNUSED") == "7:3");
}

BOOST_AUTO_TEST_CASE(addresses_that_the_kernel_would_refuse_together_are_a_conflict) {
    BOOST_TEST(place_of(load(listeners("  - \":80\"\n  - \"0.0.0.0:80\"\n")), "E-CONFLICT") == "4:5");
    BOOST_TEST(place_of(load(listeners("  - \"127.0.0.1:80\"\n  - \"0.0.0.0:80\"\n")), "E-CONFLICT") ==
               "4:5");
    BOOST_TEST(place_of(load(listeners("  - \"[::1]:80\"\n  - \"[0:0::1]:80\"\n")), "E-CONFLICT") == "4:5");
    BOOST_TEST(place_of(load(listeners("  - \"unix:/tmp/a\"\n  - \"unix:/tmp/a\"\n")), "E-CONFLICT") ==
               "4:5");
    BOOST_TEST(place_of(load(listeners("  - { address: [\":80\", \":80\"] }\n")), "E-CONFLICT") == "3:24");
}

BOOST_AUTO_TEST_CASE(addresses_that_go_together_are_accepted) {
    for (const char* text : {"  - \"127.0.0.1:80\"\n  - \"[::1]:80\"\n",
                             "  - \"127.0.0.1:0\"\n  - { name: x, address: \"127.0.0.1:0\" }\n",
                             "  - \"0.0.0.0:80\"\n  - \"[::]:80\"\n", "  - \":80\"\n  - \":81\"\n"}) {
        const auto result = load(listeners(text));
        BOOST_TEST(result.ok(), all(result));
    }
}

BOOST_AUTO_TEST_CASE(there_must_be_a_listener) {
    BOOST_TEST(place_of(load("listeners: []\nhosts: []\n"), "E-REQ") == "1:12");
    BOOST_TEST(finding_of(load(""), "E-REQ").message == "the configuration has no `listeners`");
}

BOOST_AUTO_TEST_CASE(a_host_name_may_stand_on_each_listener_once) {
    const std::string one = "  - { names: [x.test], listeners: [a], routes: [{ respond: {} }] }\n";
    const std::string other = "  - { names: [X.test], listeners: [b], routes: [{ respond: {} }] }\n";
    BOOST_TEST(load(hosts(one + other)).ok());
    BOOST_TEST(place_of(load(hosts(one + one)), "E-DUP") == "6:15");
    BOOST_TEST(place_of(load(hosts("  - routes: []\n  - routes: []\n")), "E-DUP") == "6:5");
}

BOOST_AUTO_TEST_CASE(references_to_listeners_are_checked) {
    const auto result = load(hosts("  - { listeners: [c], routes: [] }\n"));
    BOOST_TEST(place_of(result, "E-REF") == "5:19");
}

BOOST_AUTO_TEST_CASE(weights_and_repetitions_of_a_weighted_list_are_checked) {
    BOOST_TEST(place_of(load(with_route("to: [{ upstream: app, weight: 0 }]")), "E-RANGE") == "6:9");
    BOOST_TEST(place_of(load(with_route("to: [{ upstream: app }, { upstream: app }]")), "E-DUP") == "6:45");
    BOOST_TEST(place_of(load(with_route("to: []")), "E-REQ") == "6:13");
}

BOOST_AUTO_TEST_CASE(groups_of_a_pattern_must_exist) {
    BOOST_TEST(place_of(load(with_route("redirect: \"/{re.1}\"")), "E-VALUE") == "6:19");
    BOOST_TEST(load(with_route("redirect: \"/{re.1}\"\n        match: { regex: \"/(a)\" }")).ok());
    BOOST_TEST(place_of(load(with_route("redirect: \"/{re.2}\"\n        match: { regex: \"/(a)\" }")),
                        "E-VALUE") == "6:19");
}

BOOST_AUTO_TEST_CASE(keys_that_have_no_meaning_beside_others_are_a_conflict) {
    BOOST_TEST(place_of(load(with_route("respond: {}\n        rewrite: { add_prefix: /x }")), "E-CONFLICT") ==
               "7:9");
    BOOST_TEST(place_of(load(minimal_with("logging: { access: { template: x } }\n")), "E-CONFLICT") ==
               "7:22");
    BOOST_TEST(place_of(load("listeners: [\":1\"]\nhosts: [{ routes: [{ to: u }] }]\nupstreams:\n"
                             "  u: { endpoints: [\"a:1\"], hash_key: x }\n"),
                        "E-CONFLICT") == "4:28");
}

BOOST_AUTO_TEST_CASE(the_url_of_an_upstream_has_no_path) {
    for (const char* url : {"http://a.test/", "http://a.test:80/x", "http://user@a.test", "http://",
                            "ftp://a.test", "http://a.test:0"})
        BOOST_TEST(!load(with_route("to: \"" + std::string(url) + "\"")).ok(), url);
}

BOOST_AUTO_TEST_CASE(a_backlog_above_the_kernels_is_a_warning_only_when_written) {
    const auto result = load(listeners("  - { address: \":1\", backlog: 2147483647 }\n"));
    BOOST_TEST(result.ok());
    BOOST_TEST(place_of(result, "W-BACKLOG") == "3:31");
}

BOOST_AUTO_TEST_CASE(connections_beyond_the_limit_of_files_are_a_warning) {
    const auto result = load(minimal_with("process: { max_connections: 2147483647 }\n"));
    BOOST_TEST(result.ok());
    BOOST_TEST(place_of(result, "W-NOFILE") == "7:29");
}

BOOST_AUTO_TEST_CASE(the_control_socket_must_fit_into_an_address) {
    const std::string directory = "/" + std::string(120, 'x');
    BOOST_TEST(place_of(load(minimal_with("process: { runtime_dir: " + directory + " }\n")), "E-RANGE") ==
               "7:25");
    BOOST_TEST(place_of(load(minimal_with("admin: { socket: " + directory + " }\n")), "E-RANGE") == "7:18");
}

BOOST_AUTO_TEST_CASE(kinds_of_values_are_checked_everywhere) {
    for (const char* text :
         {"process: 3\n", "process: []\n", "process: { workers: [] }\n", "process: { workers: {} }\n",
          "process: { workers: }\n", "logging: { access: { exclude: /x } }\n", "include: { a: b }\n",
          "defaults: { request_headers: { set: [] } }\n", "defaults: { retries: { when: } }\n"})
        BOOST_TEST(finding_of(load(minimal_with(text)), "E-TYPE").code == "E-TYPE", text);
    BOOST_TEST(load(minimal_with("process:\ndefaults: { timeouts: }\n")).ok());
}

BOOST_AUTO_TEST_CASE(the_path_of_a_key_is_in_the_finding) {
    BOOST_TEST(finding_of(load(with_route("to: wbe")), "E-REF").path == "hosts[0].routes[0].to");
    BOOST_TEST(finding_of(load(with_route("to: app\n        timeouts: { connect: 3 }")), "E-UNIT").path ==
               "hosts[0].routes[0].timeouts.connect");
    BOOST_TEST(finding_of(load(minimal_with("defaults: { limits: { boddy_size: 1 } }\n")), "E-KEY").path ==
               "defaults.limits.boddy_size");
}

BOOST_AUTO_TEST_SUITE_END()
