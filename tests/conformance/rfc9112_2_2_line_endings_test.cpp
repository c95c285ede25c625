#include "tests/conformance/messages.h"

#include <boost/test/unit_test.hpp>

using namespace baton;
using namespace std::string_literals;
using test::get_with;
using test::ok_with;
using test::ParsedRequest;

BOOST_AUTO_TEST_SUITE(rfc9112_2_2_line_endings)

BOOST_AUTO_TEST_CASE(empty_lines_before_the_request_line_are_tolerated_and_counted) {
    const ParsedRequest request{"\r\n" + get_with("")};
    BOOST_TEST(request.complete());
    BOOST_TEST(request.head.size == request.text.size());
}

BOOST_AUTO_TEST_CASE(many_empty_lines_before_the_request_line_are_refused) {
    CHECK_REQUEST_REJECTED("\r\n\r\n\r\n" + get_with(""), bad_request_line);
}

BOOST_AUTO_TEST_CASE(an_empty_line_before_a_response_is_refused) {
    CHECK_RESPONSE_REJECTED("\r\n" + ok_with(""), bad_status_line);
}

BOOST_AUTO_TEST_CASE(a_bare_line_feed_ends_no_line) {
    CHECK_REQUEST_REJECTED("GET / HTTP/1.1\nHost: a\r\n\r\n", bare_line_ending);
    CHECK_REQUEST_REJECTED("\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", bare_line_ending);
    CHECK_REQUEST_REJECTED("GET / HTTP/1.1\r\nHost: a\n\r\n", bare_line_ending);
    CHECK_REQUEST_REJECTED("GET / HTTP/1.1\r\nHost: a\r\n\n", bare_line_ending);
    CHECK_RESPONSE_REJECTED("HTTP/1.1 200 OK\n\r\n", bare_line_ending);
    CHECK_RESPONSE_REJECTED("HTTP/1.1 200 OK\r\nA: b\n\r\n", bare_line_ending);
}

BOOST_AUTO_TEST_CASE(a_bare_carriage_return_is_refused_wherever_it_is) {
    CHECK_REQUEST_REJECTED("GET /\r HTTP/1.1\r\nHost: a\r\n\r\n", bare_line_ending);
    CHECK_REQUEST_REJECTED(get_with("A: b\rc\r\n"), bare_line_ending);
    CHECK_REQUEST_REJECTED(get_with("A\r: b\r\n"), bare_line_ending);
    CHECK_REQUEST_REJECTED(get_with("A: b\r\r\n"), bare_line_ending);
    CHECK_RESPONSE_REJECTED("HTTP/1.1 200 O\rK\r\n\r\n", bare_line_ending);
}

BOOST_AUTO_TEST_CASE(a_bad_line_ending_is_refused_before_the_head_is_complete) {
    CHECK_REQUEST_REJECTED("GET / HTTP/1.1\n", bare_line_ending);
    CHECK_REQUEST_REJECTED("GET / HTTP/1.1\r\nHost: a\n", bare_line_ending);
}

BOOST_AUTO_TEST_CASE(nul_and_other_controls_are_refused) {
    CHECK_REQUEST_REJECTED("GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n"s, bad_request_line);
    CHECK_REQUEST_REJECTED("\x16\x03\x01\x02", bad_request_line);
    CHECK_REQUEST_REJECTED(get_with("A: b\0c\r\n"s), bad_field_value);
    CHECK_REQUEST_REJECTED(get_with("A: b\x01\r\n"), bad_field_value);
    CHECK_REQUEST_REJECTED(get_with("A: b\x7f\r\n"), bad_field_value);
    CHECK_REQUEST_REJECTED(get_with("A\x0b: b\r\n"), bad_field_name);
    CHECK_RESPONSE_REJECTED("HTTP/1.1 200 \0\r\n\r\n"s, bad_status_line);
}

BOOST_AUTO_TEST_SUITE_END()
