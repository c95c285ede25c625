#include "tests/conformance/messages.h"

#include <boost/test/unit_test.hpp>

using namespace baton;
using test::ParsedRequest;

namespace {
std::string with_host(std::string_view host) {
    return "GET / HTTP/1.1\r\nHost: " + std::string{host} + "\r\n\r\n";
}
}  // namespace

BOOST_AUTO_TEST_SUITE(rfc9112_3_2_host)

BOOST_AUTO_TEST_CASE(a_request_of_1_1_without_host_is_refused) {
    CHECK_REQUEST_REJECTED("GET / HTTP/1.1\r\n\r\n", missing_host);
    CHECK_REQUEST_REJECTED("GET http://a/ HTTP/1.1\r\n\r\n", missing_host);
}

BOOST_AUTO_TEST_CASE(a_request_of_1_0_may_come_without_host) {
    const ParsedRequest parsed{"GET / HTTP/1.0\r\n\r\n"};
    BOOST_TEST(parsed.complete());
    BOOST_TEST(parsed.head.authority == "");
}

BOOST_AUTO_TEST_CASE(several_hosts_are_refused_even_if_equal) {
    CHECK_REQUEST_REJECTED("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", several_hosts);
    CHECK_REQUEST_REJECTED("GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n", several_hosts);
    CHECK_REQUEST_REJECTED("GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n", several_hosts);
}

BOOST_AUTO_TEST_CASE(names_addresses_and_ports_are_accepted_as_they_are) {
    for (const auto host :
         {"example.com", "EXAMPLE.com", "example.com.", "a_b.example", "localhost:8080", "127.0.0.1",
          "127.0.0.1:65535", "[::1]", "[::1]:443", "[2001:db8::192.0.2.1]", "xn--bcher-kva.example", "1"}) {
        const ParsedRequest parsed{with_host(host)};
        BOOST_TEST(parsed.complete(), host);
        BOOST_TEST(parsed.head.authority == host);
    }
}

BOOST_AUTO_TEST_CASE(whatever_else_is_refused) {
    for (const auto host : {"",
                            ":80",
                            "a b",
                            "a,b",
                            "a/b",
                            "a?b",
                            "a#b",
                            "u@a",
                            "http://a",
                            "a:",
                            "a:b",
                            "a:65536",
                            "a:123456",
                            "a:80:80",
                            "[::1",
                            "::1",
                            "[]",
                            "[::1]x",
                            "[::1]:",
                            "[1.2.3.4]",
                            "[fe80::1%25eth0]",
                            "[v1.x]",
                            "a%20b",
                            "ex%61mple.com",
                            "a\\b",
                            "\"a\"",
                            "b\xc3\xbc"
                            "cher.example",
                            "a;b",
                            "(a)",
                            "<a>"})
        CHECK_REQUEST_REJECTED(with_host(host), bad_host);
}

BOOST_AUTO_TEST_CASE(a_bad_host_is_refused_also_beside_absolute_form) {
    CHECK_REQUEST_REJECTED("GET http://good/ HTTP/1.1\r\nHost: b@d\r\n\r\n", bad_host);
}

BOOST_AUTO_TEST_SUITE_END()
