#include "tests/conformance/messages.h"

#include <boost/test/unit_test.hpp>

using namespace baton;
using http::FieldId;
using http::Rejection;
using test::get_with;
using test::ok_with;
using test::ParsedRequest;

BOOST_AUTO_TEST_SUITE(rfc9112_5_field_syntax)

BOOST_AUTO_TEST_CASE(names_stay_as_sent_and_values_lose_surrounding_whitespace) {
    const ParsedRequest parsed{get_with("X-A:  b c\t \r\nx-EMPTY:\r\ncOOKIE:\t a=b\r\n")};
    BOOST_REQUIRE(parsed.complete());
    BOOST_TEST(parsed.head.fields.size() == 4u);
    BOOST_TEST(parsed.head.fields.find("x-a")->name == "X-A");
    BOOST_TEST(parsed.head.fields.find("x-a")->value == "b c");
    BOOST_TEST(parsed.head.fields.find("X-Empty")->value == "");
    BOOST_TEST(parsed.head.fields.first(FieldId::cookie) == "a=b");
    BOOST_TEST(!parsed.head.fields.find("X-B"));
}

BOOST_AUTO_TEST_CASE(values_may_hold_tabs_inside_and_bytes_above_ascii) {
    const ParsedRequest parsed{get_with("A: b\tc\xff\x80\r\n")};
    BOOST_TEST(parsed.head.fields.find("a")->value == "b\tc\xff\x80");
}

BOOST_AUTO_TEST_CASE(every_token_character_may_be_in_a_name) {
    BOOST_TEST(ParsedRequest{get_with("!#$%&'*+-.^_`|~09azAZ: x\r\n")}.complete());
}

BOOST_AUTO_TEST_CASE(a_name_that_is_no_token_is_refused) {
    for (const auto line :
         {": x", "A : x", "A\t: x", "A B: x", "A(: x", "A/B: x", "\"A\": x", "A\xc3\xa9: x", "A", "A@b: x",
          "{a}: x", "Content-Length : 5", "Host\t: a", "Transfer-Encoding : chunked", "A;b: x", "a=b"}) {
        CHECK_REQUEST_REJECTED(get_with(std::string{line} + "\r\n"), bad_field_name);
        CHECK_RESPONSE_REJECTED(ok_with(std::string{line} + "\r\n"), bad_field_name);
    }
}

BOOST_AUTO_TEST_CASE(line_folding_is_refused_not_repaired) {
    CHECK_REQUEST_REJECTED(get_with("A: b\r\n c\r\n"), obsolete_line_folding);
    CHECK_REQUEST_REJECTED(get_with("A: b\r\n\tc\r\n"), obsolete_line_folding);
    CHECK_REQUEST_REJECTED("GET / HTTP/1.1\r\n Host: a\r\n\r\n", obsolete_line_folding);
    CHECK_REQUEST_REJECTED(get_with("A: b\r\n \r\n"), obsolete_line_folding);
    CHECK_RESPONSE_REJECTED(ok_with("A: b\r\n c: d\r\n"), obsolete_line_folding);
}

BOOST_AUTO_TEST_CASE(as_many_fields_as_permitted_pass_and_one_more_is_answered_with_431) {
    http::HeadLimits limits;
    limits.count = 3;
    BOOST_TEST(ParsedRequest(get_with("A: b\r\nA: b\r\n"), limits).complete());
    const ParsedRequest more(get_with("A: b\r\nA: b\r\nA: b\r\n"), limits);
    BOOST_TEST(more.result.rejection == Rejection::too_many_fields);
    BOOST_TEST(http::rejection_status(Rejection::too_many_fields) == 431);
}

BOOST_AUTO_TEST_CASE(as_many_bytes_of_fields_as_permitted_pass_and_one_more_is_answered_with_431) {
    const std::string fields = "Host: a\r\nA: 1234567890\r\n";
    http::HeadLimits limits;
    limits.fields = fields.size();
    BOOST_TEST(ParsedRequest("GET / HTTP/1.1\r\n" + fields + "\r\n", limits).complete());
    limits.fields = fields.size() - 1;
    const ParsedRequest more("GET / HTTP/1.1\r\n" + fields + "\r\n", limits);
    BOOST_TEST(more.result.rejection == Rejection::fields_too_large);
    BOOST_TEST(http::rejection_status(Rejection::fields_too_large) == 431);
}

BOOST_AUTO_TEST_CASE(fields_without_end_are_refused_as_soon_as_they_are_too_large) {
    http::HeadLimits limits;
    limits.fields = 100;
    const ParsedRequest flood("GET / HTTP/1.1\r\nHost: a\r\nA: " + std::string(200, 'b'), limits);
    BOOST_TEST(flood.result.rejection == Rejection::fields_too_large);
}

BOOST_AUTO_TEST_CASE(names_with_an_underscore_parse_but_are_not_forwardable) {
    const ParsedRequest parsed{get_with("X_Forwarded_For: 1.2.3.4\r\n")};
    BOOST_TEST(parsed.complete());
    BOOST_TEST(!parsed.head.fields.has(FieldId::x_forwarded_for));
}

BOOST_AUTO_TEST_SUITE_END()
