#include "server/net/address.h"

#include <boost/test/unit_test.hpp>
#include <string>

using namespace baton;

BOOST_AUTO_TEST_SUITE(address)

BOOST_AUTO_TEST_CASE(numeric_addresses_are_read_and_written) {
    BOOST_TEST(Address::ip("127.0.0.1", 80)->to_string() == "127.0.0.1:80");
    BOOST_TEST(Address::ip("::1", 443)->to_string() == "[::1]:443");
    BOOST_TEST(Address::any_ipv6(8080).to_string() == "[::]:8080");
    BOOST_TEST(Address::unix_path("/run/x.sock")->to_string() == "unix:/run/x.sock");
}

BOOST_AUTO_TEST_CASE(names_and_nonsense_are_not_addresses) {
    for (const char* text : {"localhost", "", "1.2.3", "[::1]", "1.2.3.4.5", "::1%lo:80"})
        BOOST_TEST(!Address::ip(text, 1).has_value());
    BOOST_TEST(!Address::unix_path(std::string(200, 'x')).has_value());
}

BOOST_AUTO_TEST_CASE(an_ipv4_client_of_a_dual_stack_listener_looks_like_ipv4) {
    const auto mapped = Address::ip("::ffff:192.0.2.7", 99);
    BOOST_REQUIRE(mapped.has_value());
    BOOST_TEST(mapped->host() == "192.0.2.7");
    BOOST_TEST(mapped->ip_bytes().size() == 4u);
    BOOST_TEST(mapped->to_string() == "192.0.2.7:99");
}

BOOST_AUTO_TEST_CASE(addresses_are_equal_when_family_bytes_and_port_are) {
    BOOST_TEST((*Address::ip("10.0.0.1", 1) == *Address::ip("10.0.0.1", 1)));
    BOOST_TEST(!(*Address::ip("10.0.0.1", 1) == *Address::ip("10.0.0.1", 2)));
    BOOST_TEST(!(*Address::ip("10.0.0.1", 1) == *Address::ip("10.0.0.2", 1)));
    BOOST_TEST(!(*Address::ip("0.0.0.0", 1) == *Address::ip("::", 1)));
}

BOOST_AUTO_TEST_SUITE_END()
