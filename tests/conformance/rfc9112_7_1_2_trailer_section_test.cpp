#include "proxy/http/trailers.h"
#include "tests/conformance/messages.h"

#include <boost/test/unit_test.hpp>

using namespace baton;
using http::BodyStatus;
using http::TrailerMode;
using test::chunked;
using test::ReadBody;

BOOST_AUTO_TEST_SUITE(rfc9112_7_1_2_trailer_section)

BOOST_AUTO_TEST_CASE(trailers_are_dropped_unless_wanted) {
    const ReadBody body{chunked, "1\r\nx\r\n0\r\nA: b\r\nC:d\r\n\r\nrest"};
    BOOST_TEST(body.progress.status == BodyStatus::complete);
    BOOST_TEST(body.behind == "rest");
    BOOST_TEST(body.reader.trailers() == "");
}

BOOST_AUTO_TEST_CASE(wanted_trailers_are_kept_raw_and_parse_as_fields) {
    const ReadBody body{chunked, "0\r\nA: b\r\nDigest:\t c d \r\n\r\nrest", SIZE_MAX, TrailerMode::keep};
    BOOST_TEST(body.reader.trailers() == "A: b\r\nDigest:\t c d \r\n");
    http::FieldList trailers;
    BOOST_TEST(http::parse_trailers(body.reader.trailers(), trailers).status == http::ParseStatus::complete);
    BOOST_TEST(trailers.size() == 2u);
    BOOST_TEST(trailers.find("digest")->value == "c d");
}

BOOST_AUTO_TEST_CASE(trailer_lines_follow_the_grammar_of_fields_even_when_dropped) {
    for (const auto lines : {"A : b\r\n", " A: b\r\n", "A\r\n", ": b\r\n", "A: b\n", "A: b\rC", "A: \x01\r\n",
                             "A(: b\r\n", "A: b\r\n c\r\n", "\tA: b\r\n"})
        CHECK_CHUNKED_REJECTED("0\r\n" + std::string{lines} + "\r\n", bad_trailer);
}

BOOST_AUTO_TEST_CASE(a_trailer_section_has_at_most_8_kib) {
    const auto trailers = [](std::size_t size) {
        return "0\r\nA:" + std::string(size - 4, 'b') + "\r\n\r\n";
    };
    const std::string content = "400\r\n" + std::string(1024, 'x') + "\r\n";
    BOOST_TEST(ReadBody(chunked, content + trailers(8192 - 2)).progress.status == BodyStatus::complete);
    CHECK_CHUNKED_REJECTED(content + trailers(8192 - 1), chunk_overhead);
}

BOOST_AUTO_TEST_CASE(what_frames_routes_or_authenticates_may_not_be_forwarded_behind_a_body) {
    const auto allowed = [](std::string_view name) {
        return http::allowed_in_trailers({name, "x", http::field_id(name)});
    };
    for (const auto name : {"Content-Length",
                            "Transfer-Encoding",
                            "Host",
                            "Trailer",
                            "Connection",
                            "TE",
                            "Upgrade",
                            "Authorization",
                            "Set-Cookie",
                            "Cookie",
                            "Content-Type",
                            "Content-Encoding",
                            "Content-Range",
                            "X-Forwarded-For",
                            "x-forwarded-user",
                            "Forwarded",
                            "Cache-Control",
                            "Expect",
                            "Range",
                            "If-Match",
                            "WWW-Authenticate",
                            "Proxy-Authorization",
                            "Keep-Alive",
                            "Location",
                            "Vary",
                            "Sec-WebSocket-Key",
                            "X_Foo",
                            "Date",
                            "Proxy-Connection",
                            "HTTP2-Settings"})
        BOOST_TEST(!allowed(name), name);
    for (const auto name : {"Digest", "Server-Timing", "grpc-status", "ETag", "X-Checksum"})
        BOOST_TEST(allowed(name), name);
}

BOOST_AUTO_TEST_SUITE_END()
