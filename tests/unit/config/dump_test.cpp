#include "config/dump.h"

#include "tests/unit/config/loading.h"

#include <boost/test/unit_test.hpp>

using namespace baton::config;

namespace {

LoadResult good(std::string_view text) {
    auto result = load(text);
    BOOST_REQUIRE_MESSAGE(result.ok(), all(result));
    return result;
}

std::string hash_of(std::string_view text) {
    return good(text).config->hash;
}

const std::string rich =
    "process: { workers: 2, runtime_dir: /tmp/x }\ndefaults: { response_headers: { set: { X-A: "
    "'a\"b\\c{host}' }, remove: [x-b] } }\n"
    "listeners:\n  - { name: a, address: [\":1\", \"unix:/tmp/s\"], unix_mode: 0600, limits: { body_size: "
    "off } }\n"
    "hosts:\n  - names: [\"*.test\"]\n    timeouts: { total: 1h30m }\n    routes:\n"
    "      - { match: { not: { path: /a }, headers: { X-Y: ~z } }, to: [{ upstream: u, weight: 2 }, { "
    "upstream: 'http://[::1]:1' }] }\n"
    "      - { redirect: \"https://{host}{uri}\", match: { path: /r } }\n      - { respond: { body: \"$${X} "
    "\\\\{ é\\n\" } }\n"
    "upstreams: { u: { endpoints: [\"127.0.0.1:1\"], retries: { when: [\"503\"] } } }\n";

}  // namespace

BOOST_AUTO_TEST_SUITE(dumping)

BOOST_AUTO_TEST_CASE(a_dump_loads_back_to_the_same_configuration) {
    const auto first = good(rich);
    const auto second = good(dump(*first.config));
    BOOST_TEST(second.config->hash == first.config->hash, dump(*first.config));
    BOOST_TEST(dump(*second.config).size() > 1000U);
}

BOOST_AUTO_TEST_CASE(defaults_are_shown_and_written_values_say_where) {
    const std::string text = dump(*good(minimal_with("drain: { timeout: 120m }\n")).config);
    BOOST_TEST(text.find("\n  timeout: 2h  # baton.yaml:7\n") != std::string::npos, text);
    BOOST_TEST(text.find("\n  stop_timeout: 30s\n") != std::string::npos);
    BOOST_TEST(text.find("\n    client_header: 10s\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(another_spelling_of_the_same_values_keeps_the_hash) {
    const std::string plain = hash_of(minimal_with(""));
    BOOST_TEST(hash_of(minimal_with("# a comment\nx-y: 1\n")) == plain);
    BOOST_TEST(hash_of(minimal_with("drain: { timeout: 30m }\nversion: 1\n")) == plain);
    BOOST_TEST(hash_of(minimal_with("drain: { timeout: 1800s }\n")) == plain);
    BOOST_TEST(
        hash_of(
            "upstreams: { app: { endpoints: [{ address: \"127.0.0.1:3000\" }] } }\n"
            "hosts:\n  - routes: [{ to: app }]\n    names: [\"*\"]\nlisteners: [{ address: \":8080\" }]\n") ==
        plain);
}

BOOST_AUTO_TEST_CASE(a_changed_value_changes_the_hash) {
    const std::string plain = hash_of(minimal_with(""));
    BOOST_TEST(hash_of(minimal_with("drain: { timeout: 31m }\n")) != plain);
    BOOST_TEST(hash_of(minimal_with("defaults: { request_headers: { set: { X-A: b } } }\n")) != plain);
    BOOST_TEST(hash_of(minimal_with("  two: [\"127.0.0.1:2\"]\n")) != plain);
}

BOOST_AUTO_TEST_SUITE_END()
