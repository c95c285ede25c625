#include "tests/conformance/messages.h"

#include <boost/test/unit_test.hpp>

using namespace baton;
using http::TargetForm;
using test::ParsedRequest;

namespace {
std::string request(std::string_view method, std::string_view target) {
    return std::string{method} + " " + std::string{target} + " HTTP/1.1\r\nHost: from.host\r\n\r\n";
}
std::string get(std::string_view target) {
    return request("GET", target);
}
}  // namespace

BOOST_AUTO_TEST_SUITE(rfc9112_3_2_request_target)

BOOST_AUTO_TEST_CASE(origin_form_is_split_into_path_and_query) {
    const ParsedRequest parsed{get("/a/b?c=d?e")};
    BOOST_REQUIRE(parsed.complete());
    BOOST_TEST((parsed.head.form == TargetForm::origin));
    BOOST_TEST(parsed.head.target == "/a/b?c=d?e");
    BOOST_TEST(parsed.head.path == "/a/b");
    BOOST_TEST(parsed.head.query == "c=d?e");
    BOOST_TEST(parsed.head.has_query);
    BOOST_TEST(parsed.head.authority == "from.host");
    BOOST_TEST(parsed.head.scheme == "");
}

BOOST_AUTO_TEST_CASE(an_empty_query_differs_from_none) {
    BOOST_TEST(ParsedRequest{get("/a?")}.head.has_query);
    BOOST_TEST(!ParsedRequest{get("/a")}.head.has_query);
}

BOOST_AUTO_TEST_CASE(the_authority_of_absolute_form_replaces_host) {
    const ParsedRequest parsed{get("http://Target.example:8080/p?q")};
    BOOST_REQUIRE(parsed.complete());
    BOOST_TEST((parsed.head.form == TargetForm::absolute));
    BOOST_TEST(parsed.head.scheme == "http");
    BOOST_TEST(parsed.head.authority == "Target.example:8080");
    BOOST_TEST(parsed.head.path == "/p");
    BOOST_TEST(parsed.head.query == "q");
}

BOOST_AUTO_TEST_CASE(the_scheme_of_absolute_form_has_no_case) {
    BOOST_TEST(ParsedRequest{get("HTTPS://a/")}.head.scheme == "https");
}

BOOST_AUTO_TEST_CASE(an_absent_path_of_absolute_form_is_the_root) {
    BOOST_TEST(ParsedRequest{get("http://a")}.head.path == "/");
    const ParsedRequest with_query{get("http://a?x")};
    BOOST_TEST(with_query.head.path == "/");
    BOOST_TEST(with_query.head.query == "x");
}

BOOST_AUTO_TEST_CASE(options_for_a_whole_server_in_absolute_form_becomes_the_asterisk) {
    BOOST_TEST(ParsedRequest{request("OPTIONS", "http://a")}.head.path == "*");
    BOOST_TEST(ParsedRequest{request("OPTIONS", "http://a/")}.head.path == "/");
    BOOST_TEST(ParsedRequest{request("OPTIONS", "http://a?x")}.head.path == "/");
}

BOOST_AUTO_TEST_CASE(absolute_form_with_another_scheme_user_or_bad_authority_is_refused) {
    for (const auto target : {"ftp://a/", "http:/a", "http:a", "file:///etc/passwd", "http//a", "a:80", "a",
                              "http://u@a/", "http://u:p@a/", "javascript:x"})
        CHECK_REQUEST_REJECTED(get(target), bad_target);
    for (const auto target : {"http://", "http:///p", "http://a:b/", "http://a:99999/", "http://[::1/",
                              "http://a,b/", "http://a:/", "http://a%2eb/"})
        CHECK_REQUEST_REJECTED(get(target), bad_host);
}

BOOST_AUTO_TEST_CASE(asterisk_form_is_for_options_only) {
    const ParsedRequest options{request("OPTIONS", "*")};
    BOOST_TEST(options.complete());
    BOOST_TEST((options.head.form == TargetForm::asterisk));
    BOOST_TEST(options.head.path == "*");
    CHECK_REQUEST_REJECTED(get("*"), bad_target);
    CHECK_REQUEST_REJECTED(request("OPTIONS", "*a"), bad_target);
}

BOOST_AUTO_TEST_CASE(a_fragment_is_refused) {
    CHECK_REQUEST_REJECTED(get("/a#b"), bad_target);
    CHECK_REQUEST_REJECTED(get("http://a/#b"), bad_target);
}

BOOST_AUTO_TEST_CASE(a_byte_outside_visible_ascii_is_refused) {
    CHECK_REQUEST_REJECTED(get("/\x80"), bad_target);
    CHECK_REQUEST_REJECTED(get("/a\xc3\xa9"), bad_target);
    CHECK_REQUEST_REJECTED(get("/a-rather-long-path-of-many-letters/\xff"), bad_target);
    CHECK_REQUEST_REJECTED(get("/\x7f"), bad_request_line);
}

BOOST_AUTO_TEST_CASE(connect_and_trace_are_answered_with_405) {
    CHECK_REQUEST_REJECTED(request("CONNECT", "a:443"), method_not_allowed);
    CHECK_REQUEST_REJECTED(request("CONNECT", "[::1]:443"), method_not_allowed);
    CHECK_REQUEST_REJECTED(request("TRACE", "/"), method_not_allowed);
    BOOST_TEST(http::rejection_status(http::Rejection::method_not_allowed) == 405);
}

BOOST_AUTO_TEST_CASE(connect_without_authority_form_is_refused_as_such) {
    for (const auto target : {"a", "/", "http://a:443/", "a:", ":443", "u@a:443", "*"})
        CHECK_REQUEST_REJECTED(request("CONNECT", target), bad_target);
}

BOOST_AUTO_TEST_CASE(what_a_refused_request_wanted_is_there_for_the_log) {
    const ParsedRequest parsed{"GET /secret HTTP/1.1\r\nHost: a\r\nBad : x\r\n\r\n"};
    BOOST_TEST(!parsed.complete());
    BOOST_TEST(parsed.head.method_text == "GET");
    BOOST_TEST(parsed.head.target == "/secret");
}

BOOST_AUTO_TEST_SUITE_END()
