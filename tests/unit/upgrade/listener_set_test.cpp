#include "upgrade/listener_set.h"

#include "tests/support/temporary_folder.h"

#include <sysexits.h>

#include <boost/test/unit_test.hpp>
#include <set>

using namespace baton;
using namespace baton::upgrade;

namespace {

config::ListenAddress ip(std::string host, std::uint16_t port) {
    config::ListenAddress address;
    address.host = std::move(host);
    address.port = port;
    address.text = address.host + ":" + std::to_string(port);
    return address;
}

config::Config listening_on(std::vector<config::ListenAddress> addresses, std::uint32_t workers = 2,
                            bool reuseport = false) {
    config::Config config;
    config.process.workers = workers;
    for (auto& address : addresses) {
        config::Listener listener;
        listener.name = address.text;
        listener.reuseport = reuseport;
        listener.addresses.push_back(std::move(address));
        config.listeners.push_back(std::move(listener));
    }
    return config;
}

ListenerSet taken(const config::Config& config, std::vector<InheritedSocket> available = {}) {
    auto set = ListenerSet::take(config, std::move(available));
    BOOST_REQUIRE_MESSAGE(set.has_value(), (set ? "" : set.error().text));
    return std::move(*set);
}

std::vector<std::uint16_t> ports(const ListenerSet& set) {
    std::vector<std::uint16_t> result;
    for (const auto& socket : set.copies()) result.push_back(socket.address.port());
    return result;
}

bool accepts(std::uint16_t port) {
    const Fd client{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    const auto address = *Address::ip("127.0.0.1", port);
    return ::connect(client.get(), address.data(), address.length()) == 0;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(listener_set)

BOOST_AUTO_TEST_CASE(an_address_that_another_generation_has_is_taken_from_it) {
    const auto config = listening_on({ip("127.0.0.1", 0)});
    const auto first = taken(config);
    const auto port = ports(first).at(0);
    const auto second = taken(listening_on({ip("127.0.0.1", port)}), first.copies());
    BOOST_TEST((ports(second) == std::vector{port}));
    BOOST_TEST(second.unused().empty());
}

BOOST_AUTO_TEST_CASE(a_port_that_the_kernel_chose_stays_over_generations) {
    const auto config = listening_on({ip("127.0.0.1", 0), ip("127.0.0.1", 0)});
    const auto first = taken(config);
    BOOST_TEST(first.size() == 2U);
    const auto second = taken(config, first.copies());
    BOOST_TEST(ports(second) == ports(first), boost::test_tools::per_element());
    BOOST_TEST(first.to_pass().at(0).name == any_port_name);
}

BOOST_AUTO_TEST_CASE(a_removed_address_is_closed_at_the_commit_and_not_before) {
    auto first = taken(listening_on({ip("127.0.0.1", 0)}));
    const auto port = ports(first).at(0);
    auto second = taken(listening_on({ip("127.0.0.2", 0)}), first.copies());
    first = ListenerSet{};
    BOOST_TEST(second.unused().size() == 1U);
    BOOST_TEST(accepts(port));
    second.commit();
    BOOST_TEST(!accepts(port));
}

BOOST_AUTO_TEST_CASE(dropping_an_uncommitted_set_closes_only_what_it_bound) {
    const auto first = taken(listening_on({ip("127.0.0.1", 0)}));
    std::uint16_t added = 0;
    {
        const auto second =
            taken(listening_on({ip("127.0.0.1", ports(first).at(0)), ip("127.0.0.1", 0)}), first.copies());
        added = ports(second).at(1);
        BOOST_TEST(accepts(added));
    }
    BOOST_TEST(!accepts(added));
    BOOST_TEST(accepts(ports(first).at(0)));
}

BOOST_AUTO_TEST_CASE(an_address_that_is_taken_is_named) {
    const auto first = taken(listening_on({ip("127.0.0.1", 0)}));
    const auto port = ports(first).at(0);
    const auto second = ListenerSet::take(listening_on({ip("127.0.0.1", port)}), {});
    BOOST_REQUIRE(!second.has_value());
    BOOST_TEST(second.error().exit_code == EX_UNAVAILABLE);
    BOOST_TEST(second.error().text.find(std::to_string(port)) != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_socket_is_found_by_its_name) {
    auto sockets = taken(listening_on({ip("127.0.0.1", 0)})).copies();
    sockets.at(0).name = "web";
    config::ListenAddress named;
    named.kind = config::ListenAddress::Kind::inherited;
    named.path = "web";
    named.text = "fd:web";
    auto set = taken(listening_on({named}), std::move(sockets));
    BOOST_TEST(set.to_pass().at(0).name == "web");
    named.path = "api";
    BOOST_TEST(ListenerSet::take(listening_on({named}), set.copies()).error().exit_code == EX_CONFIG);
}

BOOST_AUTO_TEST_CASE(every_socket_of_a_name_is_its_listeners_and_every_workers) {
    auto sockets = taken(listening_on({ip("127.0.0.1", 0), ip("127.0.0.2", 0)})).copies();
    for (auto& socket : sockets) socket.name = "web";
    config::ListenAddress named;
    named.kind = config::ListenAddress::Kind::inherited;
    named.path = "web";
    const auto config = listening_on({named});
    auto set = taken(config, std::move(sockets));
    BOOST_TEST(set.unused().empty());
    BOOST_TEST(taken(config, set.copies()).give_to_worker(0, 2).size() == 2U);
    BOOST_TEST(set.give_to_worker(1, 2).size() == 2U);
}

BOOST_AUTO_TEST_CASE(what_is_given_to_be_kept_is_found_again_and_what_systemd_passed_is_not_given) {
    const auto config = listening_on({ip("127.0.0.1", 0)});
    const auto set = taken(config);
    const auto port = std::to_string(ports(set).at(0));
    BOOST_REQUIRE(set.to_store().size() == 1U);
    BOOST_TEST(set.to_store().at(0).name == "baton-any-port@127.0.0.1_" + port);
    auto passed = set.copies();
    passed.at(0).name = "web";
    BOOST_TEST(
        taken(listening_on({ip("127.0.0.1", ports(set).at(0))}), std::move(passed)).to_store().empty());
}

BOOST_AUTO_TEST_CASE(every_socket_of_a_reuseport_set_has_a_worker_however_few_there_are) {
    for (const std::uint32_t workers : {1U, 2U, 3U, 4U, 8U}) {
        auto first = taken(listening_on({ip("127.0.0.1", 0)}, 4, true));
        BOOST_TEST(first.size() == 4U);
        std::set<std::uint32_t> served;
        for (std::uint32_t index = 0; index < workers; ++index) {
            // Each worker is forked from the whole set.
            auto forked = taken(listening_on({ip("127.0.0.1", 0)}, workers, true), first.copies());
            const auto share = forked.give_to_worker(index, workers);
            BOOST_TEST(!share.empty());
            for (const auto& socket : share) served.insert(socket.reuseport_index);
        }
        BOOST_TEST(served.size() == 4U);
    }
}

BOOST_AUTO_TEST_CASE(a_lone_socket_is_every_workers) {
    for (const std::uint32_t index : {0U, 1U, 2U}) {
        auto set = taken(listening_on({ip("127.0.0.1", 0), ip("127.0.0.1", 0)}, 3));
        BOOST_TEST(set.give_to_worker(index, 3).size() == 2U);
    }
}

BOOST_AUTO_TEST_CASE(a_unix_path_goes_when_its_listener_is_removed_or_nobody_serves) {
    const test::TemporaryFolder folder;
    config::ListenAddress path;
    path.kind = config::ListenAddress::Kind::unix_path;
    path.path = folder.file("http.sock");
    path.text = "unix:" + path.path;
    // A set refers to its configuration until it has committed.
    const auto config = listening_on({path});
    const auto config_without = listening_on({ip("127.0.0.1", 0)});
    auto first = taken(config);
    auto same = taken(config, first.copies());
    same.commit();
    BOOST_TEST(std::filesystem::exists(path.path));
    auto without = taken(config_without, same.copies());
    BOOST_TEST(std::filesystem::exists(path.path));
    without.commit();
    BOOST_TEST(!std::filesystem::exists(path.path));
    auto again = taken(config);
    again.close_for_good();
    BOOST_TEST(!std::filesystem::exists(path.path));
}

BOOST_AUTO_TEST_SUITE_END()
