#include "proxy/upstream/endpoint_set.h"

#include <boost/test/unit_test.hpp>

using namespace baton;
using upstream::EndpointSet;
using upstream::Resolution;

namespace {

config::Endpoint endpoint(std::string host, std::uint16_t port) {
    config::Endpoint result;
    result.host = host;
    result.port = port;
    result.text = std::move(host) + ":" + std::to_string(port);
    return result;
}

Resolution two_addresses(const config::Endpoint& asked) {
    if (asked.host == "nowhere") return {{}, "Name or service not known"};
    if (asked.host == "one") return {{*Address::ip("10.0.0.9", asked.port)}, {}};
    return {{*Address::ip("10.0.0.1", asked.port), *Address::ip("2001:db8::1", asked.port)}, {}};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(endpoint_set)

BOOST_AUTO_TEST_CASE(a_name_with_several_addresses_becomes_several_endpoints) {
    config::Upstream settings;
    settings.endpoints = {endpoint("app", 3000), endpoint("one", 80)};
    settings.endpoints[0].weight = 5;
    settings.endpoints[0].backup = true;
    EndpointSet set(settings, &two_addresses);
    BOOST_REQUIRE(set.size() == 3U);
    BOOST_TEST(set.at(0).label() == "app:3000 (10.0.0.1:3000)");
    BOOST_TEST(set.at(1).label() == "app:3000 ([2001:db8::1]:3000)");
    BOOST_TEST(set.at(1).name() == "app:3000");
    BOOST_TEST(set.at(1).weight() == 5U);
    BOOST_TEST(set.at(1).is_backup());
    BOOST_TEST(set.at(2).label() == "one:80");
    BOOST_TEST(set.at(2).address().to_string() == "10.0.0.9:80");
    BOOST_TEST(set.at(2).index() == 2U);
}

BOOST_AUTO_TEST_CASE(a_name_without_address_leaves_the_others_alone) {
    config::Upstream settings;
    settings.endpoints = {endpoint("nowhere", 1), endpoint("one", 2)};
    EndpointSet set(settings, &two_addresses);
    BOOST_TEST(set.size() == 1U);
    settings.endpoints.pop_back();
    BOOST_TEST(EndpointSet(settings, &two_addresses).empty());
}

BOOST_AUTO_TEST_CASE(active_requests_are_counted_over_all_endpoints) {
    config::Upstream settings;
    settings.endpoints = {endpoint("app", 3000)};
    EndpointSet set(settings, &two_addresses);
    set.at(0).request_started();
    set.at(1).request_started();
    set.at(1).request_started();
    BOOST_TEST(set.active() == 3U);
    set.at(1).request_ended();
    BOOST_TEST(set.active() == 2U);
}

BOOST_AUTO_TEST_CASE(numeric_addresses_and_paths_need_no_lookup) {
    const Resolution v4 = upstream::resolve(endpoint("127.0.0.1", 80));
    BOOST_REQUIRE(v4.addresses.size() == 1U);
    BOOST_TEST(v4.addresses[0].to_string() == "127.0.0.1:80");
    const Resolution v6 = upstream::resolve(endpoint("::1", 80));
    BOOST_REQUIRE(v6.addresses.size() == 1U);
    BOOST_TEST(v6.addresses[0].to_string() == "[::1]:80");
    config::Endpoint local;
    local.kind = config::Endpoint::Kind::unix_path;
    local.path = "/run/app.sock";
    BOOST_TEST(upstream::resolve(local).addresses.at(0).to_string() == "unix:/run/app.sock");
    local.path = std::string(200, 'x');
    BOOST_TEST(upstream::resolve(local).addresses.empty());
    BOOST_TEST(!upstream::resolve(local).error.empty());
}

BOOST_AUTO_TEST_CASE(localhost_resolves_to_loopback_addresses_without_repetition) {
    const Resolution result = upstream::resolve(endpoint("localhost", 80));
    BOOST_TEST(!result.addresses.empty());
    BOOST_TEST(result.addresses.size() <= 2U);
}

BOOST_AUTO_TEST_CASE(a_name_below_localhost_is_loopback_even_where_the_resolver_knows_none) {
    const Resolution result = upstream::resolve(endpoint("app.localhost", 80));
    BOOST_REQUIRE(!result.addresses.empty());
    BOOST_TEST(result.addresses.front().to_string() == "127.0.0.1:80");
}

BOOST_AUTO_TEST_SUITE_END()
