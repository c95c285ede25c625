#include "tests/conformance/messages.h"

#include <boost/test/unit_test.hpp>

using namespace baton;
using test::get_with;
using test::ParsedRequest;
using test::post_with;

BOOST_AUTO_TEST_SUITE(rfc9110_10_1_1_expect)

BOOST_AUTO_TEST_CASE(the_expectation_100_continue_is_reported_when_a_body_is_due) {
    BOOST_TEST(
        ParsedRequest{post_with("Expect: 100-Continue\r\nContent-Length: 5\r\n")}.head.expects_continue);
    BOOST_TEST(ParsedRequest{post_with("Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n")}
                   .head.expects_continue);
    BOOST_TEST(!ParsedRequest{post_with("Content-Length: 5\r\n")}.head.expects_continue);
    BOOST_TEST(!ParsedRequest{get_with("Expect: 100-continue\r\n")}.head.expects_continue);
    BOOST_TEST(
        !ParsedRequest{post_with("Expect: 100-continue\r\nContent-Length: 0\r\n")}.head.expects_continue);
}

BOOST_AUTO_TEST_CASE(any_other_expectation_is_answered_with_417) {
    for (const auto value :
         {"", "100", "200-ok", "100-continue, 100-continue", "100-continue;x", "100-continue x", "x"})
        CHECK_REQUEST_REJECTED(post_with("Content-Length: 5\r\nExpect: " + std::string{value} + "\r\n"),
                               bad_expectation);
    CHECK_REQUEST_REJECTED(post_with("Expect: 100-continue\r\nExpect: 100-continue\r\n"), bad_expectation);
    BOOST_TEST(http::rejection_status(http::Rejection::bad_expectation) == 417);
}

BOOST_AUTO_TEST_CASE(expectations_of_1_0_are_ignored) {
    for (const auto value : {"100-continue", "x"}) {
        const ParsedRequest parsed{"POST / HTTP/1.0\r\nContent-Length: 5\r\nExpect: " + std::string{value} +
                                   "\r\n\r\n"};
        BOOST_TEST(parsed.complete());
        BOOST_TEST(!parsed.head.expects_continue);
    }
}

BOOST_AUTO_TEST_SUITE_END()
