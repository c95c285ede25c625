#include "proxy/upstream/load_balancer.h"

#include <boost/test/unit_test.hpp>
#include <map>
#include <string>

using namespace baton;
using config::Balance;
using upstream::ChoiceInput;
using upstream::Endpoint;
using upstream::EndpointSet;
using upstream::LoadBalancer;
using upstream::Random;

namespace {

struct Server {
    std::uint32_t weight = 1;
    bool backup = false;
    std::uint32_t max_connections = 0;
};

/// An upstream whose endpoints listen on 1.1.1.1:1, :2, :3 …
struct Group {
    EndpointSet endpoints;
    LoadBalancer balancer;
    ChoiceInput input{.now = TimePoint{std::chrono::seconds(1000)}};

    Group(Balance balance, const std::vector<Server>& servers, std::uint64_t seed = 1)
        : endpoints(settings(servers)), balancer(endpoints, balance, Random(seed)) {}

    static config::Upstream settings(const std::vector<Server>& servers) {
        config::Upstream result;
        for (const Server& server : servers) {
            config::Endpoint endpoint;
            endpoint.host = "1.1.1.1";
            endpoint.port = static_cast<std::uint16_t>(result.endpoints.size() + 1);
            endpoint.text = "1.1.1.1:" + std::to_string(endpoint.port);
            endpoint.weight = server.weight;
            endpoint.backup = server.backup;
            endpoint.max_connections = server.max_connections;
            result.endpoints.push_back(endpoint);
        }
        return result;
    }
    int next() {
        const Endpoint* chosen = balancer.choose(input);
        return chosen == nullptr ? -1 : static_cast<int>(chosen->index());
    }
    std::map<int, int> count(int times) {
        std::map<int, int> counts;
        for (int i = 0; i < times; ++i) ++counts[next()];
        return counts;
    }
    bool never_again(int index) { return count(200)[index] == 0; }
};

constexpr Balance every_balance[] = {Balance::least_request, Balance::round_robin, Balance::random,
                                     Balance::ip_hash, Balance::hash};

}  // namespace

BOOST_AUTO_TEST_SUITE(load_balancer)

BOOST_AUTO_TEST_CASE(nobody_is_chosen_from_nothing) {
    for (const Balance balance : every_balance) {
        Group none(balance, {});
        Group drained(balance, {{.weight = 0}, {.weight = 0, .backup = true}});
        BOOST_TEST(none.next() == -1);
        BOOST_TEST(drained.next() == -1);
    }
}

BOOST_AUTO_TEST_CASE(a_single_endpoint_is_always_chosen_even_again_and_while_it_rests) {
    for (const Balance balance : every_balance) {
        Group group(balance, {{}});
        BOOST_TEST(group.next() == 0);
        const std::uint32_t tried[] = {0};
        group.input.tried = tried;
        group.endpoints.at(0).connect_failed(group.input.now);
        BOOST_TEST(group.next() == 0);
    }
}

BOOST_AUTO_TEST_CASE(weight_0_backups_and_the_full_get_nothing_while_others_can) {
    for (const Balance balance : every_balance) {
        Group group(balance, {{}, {.weight = 0}, {.backup = true}, {.max_connections = 1}, {}});
        group.endpoints.at(3).request_started();
        const std::string key = "key";
        group.input.hash_key = key;
        auto counts = group.count(200);
        BOOST_TEST(counts[1] + counts[2] + counts[3] == 0);
        BOOST_TEST(counts[0] + counts[4] == 200);
    }
}

BOOST_AUTO_TEST_CASE(backups_help_when_no_primary_is_left) {
    for (const Balance balance : every_balance) {
        Group group(balance, {{}, {}, {.backup = true}});
        const std::uint32_t tried[] = {0, 1};
        group.input.tried = tried;
        BOOST_TEST(group.next() == 2);
        group.input.tried = {};
        for (const std::uint32_t index : {0U, 1U}) group.endpoints.at(index).connect_failed(group.input.now);
        BOOST_TEST(group.next() == 2);
        group.input.now += std::chrono::seconds(2);
        BOOST_TEST(group.never_again(2));
    }
}

BOOST_AUTO_TEST_CASE(a_retry_goes_elsewhere_and_comes_back_only_when_it_must) {
    for (const Balance balance : every_balance) {
        Group group(balance, {{}, {}, {}});
        const std::uint32_t tried[] = {0, 2};
        group.input.tried = tried;
        auto counts = group.count(50);
        BOOST_TEST(counts[1] == 50);
        const std::uint32_t all[] = {0, 1, 2};
        group.input.tried = all;
        BOOST_TEST(group.next() >= 0);
    }
}

BOOST_AUTO_TEST_CASE(an_endpoint_that_refuses_rests_longer_each_time_until_it_answers) {
    Group group(Balance::random, {{}, {}});
    Endpoint& endpoint = group.endpoints.at(0);
    const TimePoint now = group.input.now;
    for (const int seconds : {1, 2, 4, 8, 10, 10}) {
        endpoint.connect_failed(now);
        BOOST_TEST(endpoint.is_resting(now + std::chrono::seconds(seconds) - Duration(1)));
        BOOST_TEST(!endpoint.is_resting(now + std::chrono::seconds(seconds)));
    }
    BOOST_TEST(group.never_again(0));
    endpoint.connect_succeeded();
    BOOST_TEST(endpoint.consecutive_failures() == 0U);
    BOOST_TEST(!group.never_again(0));
}

BOOST_AUTO_TEST_CASE(least_request_prefers_the_idle_one_of_two) {
    Group group(Balance::least_request, {{}, {}});
    group.endpoints.at(0).request_started();
    BOOST_TEST(group.never_again(0));
}

BOOST_AUTO_TEST_CASE(least_request_keeps_the_load_even_and_in_proportion_to_weight) {
    Group group(Balance::least_request, {{.weight = 3}, {}, {}});
    for (int i = 0; i < 1000; ++i) group.balancer.choose(group.input)->request_started();
    BOOST_TEST(group.endpoints.active() == 1000U);
    BOOST_TEST(group.endpoints.at(0).active() > 550U);
    BOOST_TEST(group.endpoints.at(0).active() < 650U);
    BOOST_TEST(group.endpoints.at(1).active() > 170U);
    BOOST_TEST(group.endpoints.at(2).active() > 170U);
}

BOOST_AUTO_TEST_CASE(idle_endpoints_share_by_weight_too) {
    for (const Balance balance : {Balance::least_request, Balance::random}) {
        Group group(balance, {{.weight = 3}, {.weight = 1}});
        const int first = group.count(4000)[0];
        BOOST_TEST(first > 2800);
        BOOST_TEST(first < 3200);
    }
}

BOOST_AUTO_TEST_CASE(round_robin_is_smooth_and_exact) {
    BOOST_TEST(upstream::smooth_round(std::vector<std::uint32_t>{5, 1, 1}) ==
                   (std::vector<std::uint32_t>{0, 0, 1, 0, 2, 0, 0}),
               boost::test_tools::per_element());
    BOOST_TEST(upstream::smooth_round(std::vector<std::uint32_t>{100, 200}).size() == 3U);
    BOOST_TEST(upstream::smooth_round(std::vector<std::uint32_t>{}).empty());
    const auto scaled = upstream::smooth_round(std::vector<std::uint32_t>{4'000'000'000, 1, 3'999'999'999});
    BOOST_TEST(scaled.size() <= 4097U);
    BOOST_TEST(std::ranges::count(scaled, 1U) == 1);

    Group group(Balance::round_robin, {{.weight = 5}, {}, {}});
    auto counts = group.count(70);
    BOOST_TEST(counts[0] == 50);
    BOOST_TEST(counts[1] == 10);
    BOOST_TEST(counts[2] == 10);
}

BOOST_AUTO_TEST_CASE(a_hash_sends_equal_keys_to_one_place_in_every_worker) {
    Group one(Balance::hash, {{}, {}, {}, {}}, 1);
    Group other(Balance::hash, {{}, {}, {}, {}}, 2);
    std::map<int, int> counts;
    for (int i = 0; i < 400; ++i) {
        const std::string key = "user-" + std::to_string(i);
        one.input.hash_key = other.input.hash_key = key;
        const int chosen = one.next();
        BOOST_REQUIRE(chosen == one.next());
        BOOST_REQUIRE(chosen == other.next());
        ++counts[chosen];
    }
    for (int index = 0; index < 4; ++index) BOOST_TEST(counts[index] > 60);
}

BOOST_AUTO_TEST_CASE(without_a_key_to_hash_the_load_is_spread) {
    Group group(Balance::hash, {{}, {}});
    auto counts = group.count(200);
    BOOST_TEST(counts[0] > 50);
    BOOST_TEST(counts[1] > 50);
}

BOOST_AUTO_TEST_CASE(ip_hash_takes_the_network_of_an_ipv6_client) {
    Group group(Balance::ip_hash, {{}, {}, {}, {}, {}, {}, {}});
    const auto chosen = [&](const char* text) {
        const Address address = *Address::ip(text, 0);
        group.input.client_ip = address.ip_bytes();
        return group.next();
    };
    const int first = chosen("2001:db8:0:1::1");
    BOOST_TEST(chosen("2001:db8:0:1:ffff::2") == first);
    std::map<int, int> counts;
    for (int i = 0; i < 100; ++i) ++counts[chosen(("10.0.0." + std::to_string(i)).c_str())];
    BOOST_TEST(counts.size() == 7U);
}

BOOST_AUTO_TEST_CASE(while_one_endpoint_rests_only_its_own_keys_move) {
    Group group(Balance::hash, {{}, {}, {}});
    std::map<std::string, int> before;
    for (int i = 0; i < 300; ++i) {
        const std::string key = std::to_string(i);
        group.input.hash_key = key;
        before[key] = group.next();
    }
    group.endpoints.at(1).connect_failed(group.input.now);
    std::map<int, int> moved_to;
    for (const auto& [key, index] : before) {
        group.input.hash_key = key;
        if (index == 1) {
            ++moved_to[group.next()];
        } else {
            BOOST_REQUIRE(group.next() == index);
        }
    }
    BOOST_TEST(moved_to[0] > 20);
    BOOST_TEST(moved_to[2] > 20);
}

BOOST_AUTO_TEST_SUITE_END()
