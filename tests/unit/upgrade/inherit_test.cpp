#include "upgrade/inherit.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

using namespace baton;
using namespace baton::upgrade;
using Names = std::vector<std::string>;

namespace {

Fd bound_socket(int type, bool listens) {
    Fd socket{::socket(AF_INET, type, 0)};
    const auto address = *Address::ip("127.0.0.1", 0);
    BOOST_REQUIRE(::bind(socket.get(), address.data(), address.length()) == 0);
    if (listens) BOOST_REQUIRE(::listen(socket.get(), 1) == 0);
    return socket;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(inherit)

BOOST_AUTO_TEST_CASE(names_are_given_to_the_descriptors_in_order) {
    BOOST_TEST((announced_names("7", "2", "web:api", 7) == Names{"web", "api"}));
}

BOOST_AUTO_TEST_CASE(a_missing_name_is_unknown) {
    BOOST_TEST((announced_names("7", "3", "web", 7) == Names{"web", "unknown", "unknown"}));
    BOOST_TEST((announced_names("7", "2", std::nullopt, 7) == Names{"unknown", "unknown"}));
    BOOST_TEST((announced_names("7", "3", "a::c", 7) == Names{"a", "unknown", "c"}));
}

BOOST_AUTO_TEST_CASE(names_beyond_the_count_are_ignored) {
    BOOST_TEST((announced_names("7", "1", "a:b:c", 7) == Names{"a"}));
}

BOOST_AUTO_TEST_CASE(what_is_meant_for_another_process_is_not_taken) {
    BOOST_TEST(announced_names("8", "1", "a", 7).empty());
    BOOST_TEST(announced_names(std::nullopt, "1", "a", 7).empty());
}

BOOST_AUTO_TEST_CASE(a_count_that_makes_no_sense_announces_nothing) {
    for (const char* const count : {"", "0", "-1", "x", "1x", " 1", "99999999999999999999", "4097"})
        BOOST_TEST(announced_names("7", count, "a", 7).empty(), count);
}

BOOST_AUTO_TEST_CASE(a_listening_socket_is_taken_with_its_address_and_made_non_blocking) {
    auto socket = bound_socket(SOCK_STREAM, true);
    const int number = socket.get();
    const auto examined = examine_listener(std::move(socket), "web");
    BOOST_REQUIRE(examined.has_value());
    BOOST_TEST(examined->name == "web");
    BOOST_TEST(examined->address.host() == "127.0.0.1");
    BOOST_TEST(examined->address.port() != 0);
    BOOST_TEST((::fcntl(number, F_GETFL) & O_NONBLOCK) != 0);
}

BOOST_AUTO_TEST_CASE(what_does_not_listen_for_streams_is_refused) {
    BOOST_TEST(!examine_listener(bound_socket(SOCK_STREAM, false), "web").has_value());
    BOOST_TEST(!examine_listener(bound_socket(SOCK_DGRAM, false), "web").has_value());
    BOOST_TEST(!examine_listener(Fd{::open("/dev/null", O_RDONLY)}, "web").has_value());
    int pair[2];
    BOOST_REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    const Fd other{pair[1]};
    BOOST_TEST(!examine_listener(Fd{pair[0]}, "web").has_value());
}

BOOST_AUTO_TEST_CASE(only_listeners_of_ours_have_a_name_to_be_kept_under_and_it_holds_no_colon) {
    const auto loopback = *Address::ip("::1", 80);
    BOOST_TEST(stored_name(listener_name, loopback) == "baton-listener@[__1]_80");
    BOOST_TEST(stored_name(any_port_name, *Address::ip("127.0.0.1", 80)) == "baton-any-port@127.0.0.1_80");
    BOOST_TEST(stored_name("web", loopback).empty());
    BOOST_TEST(stored_name(control_name, loopback).empty());
}

BOOST_AUTO_TEST_SUITE_END()
