#include "tests/conformance/messages.h"

#include <boost/test/unit_test.hpp>

using namespace baton;
using test::ParsedResponse;

BOOST_AUTO_TEST_SUITE(rfc9112_4_status_line)

BOOST_AUTO_TEST_CASE(the_status_line_gives_version_status_and_reason) {
    const ParsedResponse parsed{"HTTP/1.0 404 Not  Found \xc3\xa9\r\n\r\n"};
    BOOST_REQUIRE(parsed.complete());
    BOOST_TEST(parsed.head.status == 404);
    BOOST_TEST(parsed.head.minor_version == 0);
    BOOST_TEST(parsed.head.reason == "Not  Found \xc3\xa9");
    BOOST_TEST(parsed.head.size == parsed.text.size());
}

BOOST_AUTO_TEST_CASE(a_reason_may_be_absent_with_its_space_or_without) {
    BOOST_TEST(ParsedResponse{"HTTP/1.1 200 \r\n\r\n"}.complete());
    BOOST_TEST(ParsedResponse{"HTTP/1.1 200\r\n\r\n"}.complete());
}

BOOST_AUTO_TEST_CASE(garbage_is_no_response) {
    for (const auto line : {"",
                            "hello",
                            "HTTP/1.1",
                            "HTTP/1.1 ",
                            "HTTP/1.1 20",
                            "HTTP/1.1 20 OK",
                            "HTTP/1.1 2000 OK",
                            "HTTP/1.1 200OK",
                            "HTTP/1.1  200 OK",
                            "HTTP/1.1\t200 OK",
                            " HTTP/1.1 200 OK",
                            "http/1.1 200 OK",
                            "HTTP/2.0 200 OK",
                            "HTTP/1.2 200 OK",
                            "HTTP/0.9 200 OK",
                            "HTTP/1.1 abc OK",
                            "HTTP/1.1 099 X",
                            "HTTP/1.1 600 X",
                            "HTTP/1.1 999 X",
                            "HTTP/1.1 +20 X",
                            "ICY 200 OK",
                            "<html>",
                            "200 OK"})
        CHECK_RESPONSE_REJECTED(std::string{line} + "\r\n\r\n", bad_status_line);
}

BOOST_AUTO_TEST_CASE(a_status_line_without_end_is_refused_as_soon_as_it_is_too_long) {
    http::HeadLimits limits;
    limits.request_line = 40;
    BOOST_TEST(ParsedResponse(std::string(40, 'a'), http::Method::get, limits).result.status ==
               http::ParseStatus::need_more);
    BOOST_TEST(ParsedResponse(std::string(41, 'a'), http::Method::get, limits).result.rejection ==
               http::Rejection::bad_status_line);
}

BOOST_AUTO_TEST_SUITE_END()
