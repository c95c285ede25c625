#include "tests/conformance/messages.h"

#include <boost/test/unit_test.hpp>

using namespace baton;
using http::Method;
using http::Rejection;
using test::ParsedRequest;

namespace {
std::string request(std::string_view line) {
    return std::string{line} + "\r\nHost: a\r\n\r\n";
}
}  // namespace

BOOST_AUTO_TEST_SUITE(rfc9112_3_request_line)

BOOST_AUTO_TEST_CASE(every_registered_method_is_known_and_any_other_token_passes) {
    const std::pair<std::string_view, Method> methods[] = {
        {"GET", Method::get},        {"HEAD", Method::head},      {"POST", Method::post},
        {"PUT", Method::put},        {"DELETE", Method::delete_}, {"OPTIONS", Method::options},
        {"PATCH", Method::patch},    {"PROPFIND", Method::other}, {"get", Method::other},
        {"M-SEARCH", Method::other}, {"X", Method::other},        {"GETT", Method::other},
    };
    for (const auto& [text, method] : methods) {
        const ParsedRequest parsed{request(std::string{text} + " /a HTTP/1.1")};
        BOOST_TEST(parsed.complete(), text);
        BOOST_TEST((parsed.head.method == method), text);
        BOOST_TEST(parsed.head.method_text == text);
    }
}

BOOST_AUTO_TEST_CASE(a_method_that_is_no_token_is_refused) {
    CHECK_REQUEST_REJECTED(request("G(T / HTTP/1.1"), bad_request_line);
    CHECK_REQUEST_REJECTED(request(" GET / HTTP/1.1"), bad_request_line);
    CHECK_REQUEST_REJECTED(request("GET:/ / HTTP/1.1"), bad_request_line);
}

BOOST_AUTO_TEST_CASE(a_method_that_nobody_implements_for_its_length_is_answered_with_501) {
    CHECK_REQUEST_REJECTED(request(std::string(33, 'A') + " / HTTP/1.1"), method_not_implemented);
    BOOST_TEST(http::rejection_status(Rejection::method_not_implemented) == 501);
}

BOOST_AUTO_TEST_CASE(exactly_one_space_separates_the_parts) {
    for (const auto line : {"GET  / HTTP/1.1", "GET /  HTTP/1.1", "GET / HTTP/1.1 ", "GET\t/ HTTP/1.1",
                            "GET /\tHTTP/1.1", "GET / HTTP/1.1\t", "GET /a b HTTP/1.1", "GET HTTP/1.1", "GET",
                            "GET ", "GET /", "/ HTTP/1.1", "GET / HTTP/1.1 HTTP/1.1"})
        CHECK_REQUEST_REJECTED(request(line), bad_request_line);
}

BOOST_AUTO_TEST_CASE(http_0_9_is_refused) {
    CHECK_REQUEST_REJECTED("GET /\r\n", bad_request_line);
}

BOOST_AUTO_TEST_CASE(the_version_is_exactly_http_1_and_a_digit) {
    for (const auto line :
         {"GET / http/1.1", "GET / HTTP/1.10", "GET / HTTP/1", "GET / HTTP/1.", "GET / HTTP/01.1",
          "GET / HTTP 1.1", "GET / HTTP/1,1", "GET / HTTPS/1.1", "GET / HTTP/a.1", "GET / HTTP/1.x"})
        CHECK_REQUEST_REJECTED(request(line), bad_request_line);
}

BOOST_AUTO_TEST_CASE(another_major_version_is_answered_with_505) {
    for (const auto line : {"GET / HTTP/2.0", "GET / HTTP/0.9", "GET / HTTP/3.0", "PRI * HTTP/2.0"})
        CHECK_REQUEST_REJECTED(request(line), unsupported_version);
    BOOST_TEST(http::rejection_status(Rejection::unsupported_version) == 505);
}

BOOST_AUTO_TEST_CASE(the_minor_version_is_reported_and_a_higher_one_counts_as_1) {
    BOOST_TEST(ParsedRequest{request("GET / HTTP/1.0")}.head.minor_version == 0);
    BOOST_TEST(ParsedRequest{request("GET / HTTP/1.1")}.head.minor_version == 1);
    BOOST_TEST(ParsedRequest{request("GET / HTTP/1.2")}.head.minor_version == 1);
}

BOOST_AUTO_TEST_CASE(a_request_line_of_the_limit_passes_and_one_byte_more_is_answered_with_414) {
    http::HeadLimits limits;
    limits.request_line = 30;
    const std::string exact = "GET /" + std::string(16, 'a') + " HTTP/1.1";
    BOOST_REQUIRE(exact.size() == 30);
    BOOST_TEST(ParsedRequest(request(exact), limits).complete());
    const ParsedRequest longer(request("GET /" + std::string(17, 'a') + " HTTP/1.1"), limits);
    BOOST_TEST(longer.result.rejection == Rejection::request_line_too_long);
    BOOST_TEST(http::rejection_status(Rejection::request_line_too_long) == 414);
}

BOOST_AUTO_TEST_CASE(a_request_line_without_end_is_refused_as_soon_as_it_is_too_long) {
    http::HeadLimits limits;
    limits.request_line = 30;
    BOOST_TEST(ParsedRequest(std::string(30, 'a'), limits).result.status == http::ParseStatus::need_more);
    BOOST_TEST(ParsedRequest(std::string(31, 'a'), limits).result.rejection ==
               Rejection::request_line_too_long);
}

BOOST_AUTO_TEST_SUITE_END()
