#include "proxy/http/http1_writer.h"

#include "tests/conformance/messages.h"

#include <boost/test/unit_test.hpp>

using namespace baton;
using namespace baton::http;

namespace {

struct Out {
    BlockPool pool;
    ByteQueue queue{pool};
    ByteQueue holding(std::string_view bytes) {
        ByteQueue content{pool};
        content.append(bytes);
        return content;
    }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(http1_writer)

BOOST_AUTO_TEST_CASE(a_request_head_is_written_field_by_field) {
    Out out;
    HeadWriter head{out.queue};
    head.request_line("POST", "/path", "a=b", true);
    head.field("Host", "example.com");
    head.field("Via", {"1.1 ", "baton"});
    head.field("Content-Length", 0);
    head.field("X-Long", 18446744073709551615u);
    head.field("X-Empty", "");
    head.end();
    BOOST_TEST(out.queue.to_string() ==
               "POST /path?a=b HTTP/1.1\r\nHost: example.com\r\nVia: 1.1 baton\r\nContent-Length: 0\r\n"
               "X-Long: 18446744073709551615\r\nX-Empty: \r\n\r\n");
}

BOOST_AUTO_TEST_CASE(a_query_is_written_only_when_there_is_one) {
    Out out;
    HeadWriter head{out.queue};
    head.request_line("GET", "/", "", true);
    head.end();
    HeadWriter second{out.queue};
    second.request_line("GET", "/", "", false);
    second.end();
    BOOST_TEST(out.queue.to_string() == "GET /? HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n");
}

BOOST_AUTO_TEST_CASE(an_absent_reason_is_the_usual_one) {
    Out out;
    HeadWriter head{out.queue};
    head.status_line(502);
    head.end();
    HeadWriter second{out.queue};
    second.status_line(299, "Fine");
    second.end();
    BOOST_TEST(out.queue.to_string() == "HTTP/1.1 502 Bad Gateway\r\n\r\nHTTP/1.1 299 Fine\r\n\r\n");
    BOOST_TEST(reason_phrase(299) == "Unknown");
}

BOOST_AUTO_TEST_CASE(values_of_every_length_arrive_whole) {
    for (const std::size_t size :
         {0u, 1u, 3u, 4u, 7u, 8u, 15u, 16u, 31u, 32u, 33u, 100u, 1000u, 4080u, 4096u, 5000u, 30000u}) {
        std::string value(size, 'x');
        for (std::size_t i = 0; i < size; ++i) value[i] = static_cast<char>('a' + i % 26);
        Out out;
        HeadWriter head{out.queue};
        head.request_line("GET", "/" + value, {}, false);
        head.field("A", value);
        head.field("B", value);
        head.end();
        BOOST_TEST(out.queue.to_string() ==
                   "GET /" + value + " HTTP/1.1\r\nA: " + value + "\r\nB: " + value + "\r\n\r\n");
    }
}

BOOST_AUTO_TEST_CASE(content_becomes_a_chunk_and_no_content_becomes_none) {
    Out out;
    write_chunk(out.queue, out.holding("hello, hello, hello"));
    write_chunk(out.queue, out.holding(""));
    write_last_chunk(out.queue);
    BOOST_TEST(out.queue.to_string() == "13\r\nhello, hello, hello\r\n0\r\n\r\n");
}

BOOST_AUTO_TEST_CASE(what_is_written_in_chunks_is_read_back) {
    Out out;
    std::string content;
    for (std::size_t size = 1; size < 40'000; size = size * 3 + 1) {
        const std::string piece(size, static_cast<char>('a' + size % 26));
        content += piece;
        write_chunk(out.queue, out.holding(piece));
    }
    write_last_chunk(out.queue);
    const test::ReadBody body{test::chunked, out.queue.to_string(), 1000};
    BOOST_TEST(body.progress.status == BodyStatus::complete);
    BOOST_TEST((body.content() == content));
}

BOOST_AUTO_TEST_CASE(trailers_stand_between_the_last_chunk_and_the_end) {
    Out out;
    FieldList trailers;
    trailers.add({"A", "b", FieldId::other});
    trailers.add({"C", "", FieldId::other});
    write_last_chunk(out.queue, trailers);
    BOOST_TEST(out.queue.to_string() == "0\r\nA: b\r\nC: \r\n\r\n");
}

BOOST_AUTO_TEST_CASE(a_date_is_an_imf_fixdate) {
    BOOST_TEST(http_date(784111777) == "Sun, 06 Nov 1994 08:49:37 GMT");
    BOOST_TEST(http_date(0) == "Thu, 01 Jan 1970 00:00:00 GMT");
    BOOST_TEST(http_date(951782400) == "Tue, 29 Feb 2000 00:00:00 GMT");
    BOOST_TEST(http_date(4102444799) == "Thu, 31 Dec 2099 23:59:59 GMT");
    BOOST_TEST(http_date(4102444799) == "Thu, 31 Dec 2099 23:59:59 GMT");
}

BOOST_AUTO_TEST_SUITE_END()
