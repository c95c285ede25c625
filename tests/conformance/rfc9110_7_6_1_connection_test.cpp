#include "proxy/http/hop_by_hop.h"
#include "tests/conformance/messages.h"

#include <boost/test/unit_test.hpp>

using namespace baton;
using http::HopByHop;
using test::get_with;
using test::ParsedRequest;

namespace {
/// The names of the fields that are forwarded, in their order.
std::string forwarded(std::string_view field_lines) {
    const ParsedRequest parsed{get_with(field_lines)};
    BOOST_TEST(parsed.complete());
    const HopByHop hop{parsed.head.fields};
    std::string names;
    for (const auto& field : parsed.head.fields)
        if (!hop.ends_here(field)) names += std::string{names.empty() ? "" : " "} + std::string{field.name};
    return names;
}
}  // namespace

BOOST_AUTO_TEST_SUITE(rfc9110_7_6_1_connection)

BOOST_AUTO_TEST_CASE(the_fixed_set_ends_here) {
    BOOST_TEST(
        forwarded("Connection: x\r\nKeep-Alive: 5\r\nProxy-Connection: x\r\nTE: trailers\r\nTrailer: x\r\n"
                  "Upgrade: h2c\r\nHTTP2-Settings: x\r\nProxy-Authorization: x\r\nA: b\r\n") == "Host A");
}

BOOST_AUTO_TEST_CASE(fields_that_connection_lists_end_here_in_any_case_and_on_any_line) {
    BOOST_TEST(
        forwarded(
            "Connection: close, X-a\r\nConnection: ,x-B ,\r\nX-A: 1\r\nx-b: 2\r\nX-C: 3\r\nX-AB: 4\r\n") ==
        "Host X-C X-AB");
}

BOOST_AUTO_TEST_CASE(the_usual_options_remove_nothing) {
    BOOST_TEST(forwarded("Connection: keep-alive, Upgrade, close\r\nA: b\r\n") == "Host A");
}

BOOST_AUTO_TEST_CASE(a_client_cannot_have_removed_what_the_back_end_relies_on) {
    BOOST_TEST(
        forwarded(
            "Connection: Host, Content-Length, X-Forwarded-For, X-Forwarded-User, X-Real-IP, Forwarded, Via, "
            "Cookie, Authorization, X-Request-Id\r\n"
            "Content-Length: 0\r\nX-Forwarded-For: 1\r\nX-Forwarded-User: u\r\nX-Real-IP: 1\r\n"
            "Forwarded: for=1\r\nVia: x\r\nCookie: c\r\nAuthorization: a\r\nX-Request-Id: 7\r\n") ==
        "Host Content-Length X-Forwarded-For X-Forwarded-User X-Real-IP Forwarded Via Cookie Authorization "
        "X-Request-Id");
}

BOOST_AUTO_TEST_SUITE_END()
