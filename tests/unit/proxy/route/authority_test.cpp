#include "proxy/route/authority.h"

#include <boost/test/unit_test.hpp>
#include <string>

using baton::route::comparable_host;
using baton::route::parse_authority;

BOOST_AUTO_TEST_SUITE(authority)

BOOST_AUTO_TEST_CASE(an_authority_is_a_host_with_or_without_a_port) {
    struct Row {
        std::string_view text, host;
        int port;
    };
    constexpr Row rows[] = {
        {"example.com", "example.com", 0},
        {"Example.COM:8080", "Example.COM", 8080},
        {"127.0.0.1:1", "127.0.0.1", 1},
        {"[::1]", "[::1]", 0},
        {"[2001:db8::1]:65535", "[2001:db8::1]", 65535},
        {"my_host", "my_host", 0},
        {"a:0", "a", 0},
    };
    for (const Row& row : rows) {
        BOOST_TEST_CONTEXT(row.text) {
            const auto result = parse_authority(row.text);
            BOOST_REQUIRE(result);
            BOOST_TEST(result->host == row.host);
            BOOST_TEST(result->port == row.port);
        }
    }
}

BOOST_AUTO_TEST_CASE(anything_else_is_refused) {
    for (const std::string_view text :
         {"",       ":80",       "a:",    "a:65536", "a:080000", "a:8x", "a:-1",   "a:+1",
          "user@a", "a b",       "a/b",   "a?b",     "[",        "[]",   "[::1",   "[::1]x",
          "[::1]:", "[1.2.3.4]", "[::g]", "::1",     "a:1:2",    "a%41", "a\r\nb", "[::1%eth0]"}) {
        BOOST_TEST_CONTEXT(text) {
            BOOST_TEST(!parse_authority(text));
        }
    }
}

BOOST_AUTO_TEST_CASE(a_nul_does_not_hide_what_follows) {
    using namespace std::string_view_literals;
    BOOST_TEST(!parse_authority("[::1\0x]"sv));
    BOOST_TEST(!parse_authority("a\0b"sv));
}

BOOST_AUTO_TEST_CASE(hosts_are_compared_in_lower_case_and_without_a_final_dot) {
    std::string scratch;
    BOOST_TEST(comparable_host("WWW.Example.com.", scratch) == "www.example.com");
    const std::string_view plain = "www.example.com";
    BOOST_TEST(comparable_host(plain, scratch).data() == plain.data());
    BOOST_TEST(comparable_host("[2001:DB8::1]", scratch) == "[2001:db8::1]");
    BOOST_TEST(comparable_host(".", scratch) == ".");
}

BOOST_AUTO_TEST_CASE(the_host_of_a_checked_authority_is_what_stands_before_its_port) {
    for (const char* text : {"a.example", "a.example:80", "127.0.0.1:8080", "[::1]", "[2001:db8::1]:443"})
        BOOST_TEST(baton::route::host_of(text) == parse_authority(text)->host);
    BOOST_TEST(baton::route::host_of("") == "");
}

BOOST_AUTO_TEST_SUITE_END()
