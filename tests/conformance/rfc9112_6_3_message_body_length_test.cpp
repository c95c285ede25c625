#include "tests/conformance/messages.h"

#include <boost/test/unit_test.hpp>

using namespace baton;
using http::BodyFraming;
using http::Framing;
using http::Method;
using test::get_with;
using test::ok_with;
using test::ParsedRequest;
using test::ParsedResponse;
using test::post_with;

namespace {
std::string response(std::string_view status, std::string_view field_lines) {
    return "HTTP/1.1 " + std::string{status} + " X\r\n" + std::string{field_lines} + "\r\n";
}
}  // namespace

BOOST_AUTO_TEST_SUITE(rfc9112_6_3_message_body_length)

BOOST_AUTO_TEST_CASE(a_request_without_framing_fields_has_no_body) {
    BOOST_TEST(ParsedRequest{post_with("")}.head.framing == BodyFraming{});
}

BOOST_AUTO_TEST_CASE(content_length_is_the_length_also_of_a_get) {
    BOOST_TEST(ParsedRequest{post_with("Content-Length: 10\r\n")}.head.framing ==
               (BodyFraming{Framing::length, 10}));
    BOOST_TEST(ParsedRequest{get_with("content-length:0\r\n")}.head.framing ==
               (BodyFraming{Framing::length, 0}));
    BOOST_TEST(ParsedRequest{post_with("Content-Length: 9223372036854775807\r\n")}.head.framing.length ==
               9223372036854775807u);
}

BOOST_AUTO_TEST_CASE(equal_lengths_are_taken_as_one) {
    for (const auto lines : {"Content-Length: 5\r\nContent-Length: 5\r\n", "Content-Length: 5, 5\r\n",
                             "Content-Length: 5,5\r\nContent-Length: 5\r\n"}) {
        BOOST_TEST(ParsedRequest{post_with(lines)}.head.framing == (BodyFraming{Framing::length, 5}));
        BOOST_TEST(ParsedResponse{ok_with(lines)}.head.framing == (BodyFraming{Framing::length, 5}));
    }
}

BOOST_AUTO_TEST_CASE(lengths_that_differ_are_refused) {
    for (const auto lines :
         {"Content-Length: 5\r\nContent-Length: 6\r\n", "Content-Length: 5, 6\r\n",
          "Content-Length: 5\r\nContent-Length: 05\r\n", "Content-Length: 5, 5\r\nContent-Length: 6\r\n"}) {
        CHECK_REQUEST_REJECTED(post_with(lines), conflicting_length);
        CHECK_RESPONSE_REJECTED(ok_with(lines), conflicting_length);
    }
}

BOOST_AUTO_TEST_CASE(a_length_that_is_no_decimal_number_is_refused) {
    for (const auto value :
         {"", "+5", "-5", "0x5", "5 5", "5,", ",5", "5,,5", "5;", "5a", "a", "1e3", "5.0", "\"5\"", "5_0",
          "9223372036854775808", "18446744073709551616", "99999999999999999999", "\xd9\xa5"}) {
        CHECK_REQUEST_REJECTED(post_with("Content-Length: " + std::string{value} + "\r\n"),
                               bad_content_length);
        CHECK_RESPONSE_REJECTED(ok_with("Content-Length: " + std::string{value} + "\r\n"),
                                bad_content_length);
    }
    CHECK_REQUEST_REJECTED(post_with("Content-Length: 5\r\nContent-Length:\r\n"), bad_content_length);
}

BOOST_AUTO_TEST_CASE(a_response_to_head_and_204_and_304_have_no_body) {
    BOOST_TEST(
        (ParsedResponse{ok_with("Content-Length: 5\r\n"), Method::head}.head.framing == BodyFraming{}));
    BOOST_TEST((ParsedResponse{ok_with("Transfer-Encoding: chunked\r\n"), Method::head}.head.framing ==
                BodyFraming{}));
    BOOST_TEST(ParsedResponse{response("204", "")}.head.framing == BodyFraming{});
    BOOST_TEST(ParsedResponse{response("304", "Content-Length: 5\r\n")}.head.framing == BodyFraming{});
}

BOOST_AUTO_TEST_CASE(what_a_response_without_body_announces_is_told_as_one_length) {
    const ParsedResponse parsed{ok_with("Content-Length: 5, 5\r\nContent-Length: 5\r\n"), Method::head};
    BOOST_TEST(parsed.head.framing == BodyFraming{});
    BOOST_TEST(parsed.head.announced == (BodyFraming{Framing::length, 5}));
}

BOOST_AUTO_TEST_CASE(a_connection_whose_204_announces_a_body_is_not_kept) {
    BOOST_TEST(ParsedResponse{response("204", "Content-Length: 0\r\n")}.head.keep_alive);
    BOOST_TEST(!ParsedResponse{response("204", "Content-Length: 5\r\n")}.head.keep_alive);
    BOOST_TEST(!ParsedResponse{response("204", "Transfer-Encoding: chunked\r\n")}.head.keep_alive);
    BOOST_TEST(ParsedResponse{response("304", "Content-Length: 5\r\n")}.head.keep_alive);
}

BOOST_AUTO_TEST_CASE(interim_answers_have_no_body_and_may_not_announce_one) {
    for (const auto status : {"100", "101", "102", "103"}) {
        BOOST_TEST(ParsedResponse{response(status, "Link: x\r\n")}.head.framing == BodyFraming{});
        CHECK_RESPONSE_REJECTED(response(status, "Content-Length: 5\r\n"), bad_content_length);
        CHECK_RESPONSE_REJECTED(response(status, "Transfer-Encoding: chunked\r\n"), bad_transfer_encoding);
    }
}

BOOST_AUTO_TEST_CASE(any_other_response_without_framing_fields_ends_with_the_connection) {
    const ParsedResponse parsed{ok_with("")};
    BOOST_TEST(parsed.head.framing == (BodyFraming{Framing::until_close, 0}));
    BOOST_TEST(!parsed.head.keep_alive);
}

BOOST_AUTO_TEST_CASE(framing_is_checked_even_where_there_is_no_body) {
    const ParsedResponse parsed{ok_with("Content-Length: x\r\n"), Method::head};
    BOOST_TEST(parsed.result.rejection == http::Rejection::bad_content_length);
}

BOOST_AUTO_TEST_SUITE_END()
