#include "tests/conformance/messages.h"

#include <boost/test/unit_test.hpp>

using namespace baton;
using namespace std::string_literals;
using http::ParseResult;
using http::ParseStatus;
using test::chunked;
using test::ReadBody;

namespace {

const std::string messages[] = {
    "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    "\r\n\r\nGET /a?b HTTP/1.0\r\nX: y\r\nConnection: keep-alive\r\n\r\nrest",
    "POST http://a/b HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\nhello",
    "\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET / HTTP/1.1\nHost: a\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\nA: b\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n",
    "GET / HTTP/1.1\r\nHost : a\r\nB: \0\r\n\r\n"s,
    "GET / HTTP/1.1\r\nHost: a\r\nB\0: c\r\n\r\n"s,
    "GET /\x80 HTTP/2.0\r\n",
    "GET  / HTTP/1.1\r\n",
    "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "GET /" + std::string(100, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\nB: " + std::string(200, 'b') + "\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\nB: c\r\nB: c\r\nB: c\r\nB: c\r\nB c\r\n\r\n",
    "\x16\x03\x01\x02\x00\x01"s,
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
    "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
    "HTTP/1.1 200\r\nA: b\r\n\rc\r\n\r\n",
    "HTTP/1.1 200 OK\r\nA\r\nB: c\n\r\n",
    "HTTP/3 200 OK\r\n\r\n",
};

http::HeadLimits small_limits() {
    return {60, 150, 5};
}

/// The result of parsing `text` that arrives in pieces that end at each of `ends` and at its own end.
template <class Parser, class Head, class... More>
ParseResult parse_pieces(const std::string& text, std::initializer_list<std::size_t> ends, std::size_t& size,
                         More... more) {
    Parser parser;
    Head head;
    ParseResult result{ParseStatus::need_more};
    for (const std::size_t end : ends) {
        const std::string arrived = text.substr(0, end);  // at another address each time
        result = parser.parse(arrived, head, small_limits(), more...);
        size = head.size;
        if (result.status != ParseStatus::need_more) return result;
    }
    result = parser.parse(text, head, small_limits(), more...);
    size = result.status == ParseStatus::complete ? head.size : 0;
    return result;
}

template <class Parser, class Head, class... More>
void check_every_split(const std::string& text, More... more) {
    std::size_t whole_size = 0;
    const ParseResult whole = parse_pieces<Parser, Head>(text, {}, whole_size, more...);
    for (std::size_t first = 0; first <= text.size(); ++first) {
        for (std::size_t second = first; second <= text.size(); second += 1 + (second - first) / 4) {
            std::size_t size = 0;
            const ParseResult pieces = parse_pieces<Parser, Head>(text, {first, second}, size, more...);
            BOOST_REQUIRE_MESSAGE(pieces.status == whole.status && pieces.rejection == whole.rejection,
                                  text << " split at " << first << " and " << second << ": "
                                       << pieces.rejection << " not " << whole.rejection);
            if (whole.status == ParseStatus::complete) BOOST_REQUIRE(size == whole_size);
        }
    }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(rfc9112_2_1_splitting)

BOOST_AUTO_TEST_CASE(the_result_for_a_request_does_not_depend_on_how_its_bytes_arrive) {
    for (const std::string& text : messages) check_every_split<http::RequestParser, http::RequestHead>(text);
}

BOOST_AUTO_TEST_CASE(the_result_for_a_response_does_not_depend_on_how_its_bytes_arrive) {
    for (const std::string& text : messages)
        check_every_split<http::ResponseParser, http::ResponseHead>(text, http::Method::get);
}

BOOST_AUTO_TEST_CASE(a_head_that_arrives_byte_by_byte_parses_as_if_at_once) {
    for (const std::string& text : messages) {
        http::RequestParser parser;
        http::RequestHead head, whole_head;
        ParseResult result{ParseStatus::need_more};
        for (std::size_t size = 0; size <= text.size() && result.status == ParseStatus::need_more; ++size)
            result = parser.parse(std::string_view{text}.substr(0, size), head, small_limits());
        const ParseResult whole = http::RequestParser{}.parse(text, whole_head, small_limits());
        BOOST_TEST(result.status == whole.status, text);
        BOOST_TEST(result.rejection == whole.rejection, text);
    }
}

BOOST_AUTO_TEST_CASE(a_chunked_body_does_not_depend_on_how_its_bytes_arrive) {
    for (const std::string& text : {
             "5\r\nhello\r\n6;a=\"b\\\"\"\r\n world\r\n0\r\nA: b\r\n\r\nrest"s,
             "5\r\nhello\r\n0\r\n\r\n"s,
             "5\r\nhello\n0\r\n\r\n"s,
             "5\r\nhello\r\n0\r\nA : b\r\n\r\n"s,
             "5;a=\r\nhello\r\n"s,
             "1\r\nx\r\n" + std::string(80, '0') + "g",
         }) {
        const ReadBody whole{chunked, text, SIZE_MAX, http::TrailerMode::keep};
        for (std::size_t piece = 1; piece < text.size(); ++piece) {
            for (const std::size_t most : {std::size_t{1}, std::size_t{3}, SIZE_MAX}) {
                const ReadBody pieces{chunked, text, piece, http::TrailerMode::keep, most};
                BOOST_TEST(pieces.progress.status == whole.progress.status);
                BOOST_TEST(pieces.progress.rejection == whole.progress.rejection);
                BOOST_TEST(pieces.content() == whole.content());
                BOOST_TEST(pieces.reader.trailers() == whole.reader.trailers());
            }
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
