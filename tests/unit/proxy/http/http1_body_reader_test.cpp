#include "proxy/http/http1_body_reader.h"

#include "tests/conformance/messages.h"

#include <boost/test/unit_test.hpp>

using namespace baton;
using namespace baton::http;
using test::ReadBody;

BOOST_AUTO_TEST_SUITE(http1_body_reader)

BOOST_AUTO_TEST_CASE(no_body_is_complete_at_once) {
    BOOST_TEST(Http1BodyReader{}.complete());
    BOOST_TEST((Http1BodyReader{{Framing::none, 0}}.complete()));
    BOOST_TEST((Http1BodyReader{{Framing::length, 0}}.complete()));
    const ReadBody body{{Framing::none, 0}, "GET /"};
    BOOST_TEST(body.behind == "GET /");
}

BOOST_AUTO_TEST_CASE(a_body_of_a_length_ends_there_and_leaves_the_rest) {
    for (std::size_t piece = 1; piece < 14; ++piece) {
        const ReadBody body{{Framing::length, 5}, "helloGET /", piece};
        BOOST_TEST(body.progress.status == BodyStatus::complete);
        BOOST_TEST(body.content() == "hello");
        BOOST_TEST(body.behind == "GET /");
        BOOST_TEST(body.reader.received() == 5u);
    }
}

BOOST_AUTO_TEST_CASE(a_body_of_a_length_that_breaks_off_is_not_complete) {
    const ReadBody body{{Framing::length, 5}, "hell"};
    BOOST_TEST(body.progress.status == BodyStatus::more);
    BOOST_TEST(!body.reader.ended_by_close());
}

BOOST_AUTO_TEST_CASE(a_body_until_close_takes_everything_and_ends_by_the_close) {
    const ReadBody body{{Framing::until_close, 0}, "hello, world", 5};
    BOOST_TEST(body.progress.status == BodyStatus::more);
    BOOST_TEST(body.content() == "hello, world");
    BOOST_TEST(!body.reader.complete());
    BOOST_TEST(body.reader.ended_by_close());
}

BOOST_AUTO_TEST_CASE(a_call_moves_at_most_what_it_may) {
    BlockPool pool;
    ReceiveBuffer from{pool};
    ByteQueue to{pool};
    const std::string_view text = "a\r\n0123456789\r\n0\r\n\r\n";
    text.copy(from.prepare().data(), text.size());
    from.commit(text.size());
    Http1BodyReader reader{test::chunked};
    const BodyProgress first = reader.read(from, to, 4);
    BOOST_TEST(first.status == BodyStatus::more);
    BOOST_TEST(first.content == 4u);
    BOOST_TEST(to.to_string() == "0123");
    const BodyProgress none = reader.read(from, to, 0);
    BOOST_TEST(none.content == 0u);
    const BodyProgress rest = reader.read(from, to, 6);
    BOOST_TEST(rest.status == BodyStatus::complete);
    BOOST_TEST(rest.content == 6u);
    BOOST_TEST(from.empty());
}

BOOST_AUTO_TEST_CASE(content_before_a_bad_chunk_has_been_moved) {
    const ReadBody body{test::chunked, "5\r\nhello\r\nX"};
    BOOST_TEST(body.progress.status == BodyStatus::rejected);
    BOOST_TEST(body.progress.rejection == Rejection::bad_chunk);
    BOOST_TEST(body.content() == "hello");
}

BOOST_AUTO_TEST_CASE(large_content_is_passed_on_without_a_copy) {
    BlockPool pool;
    ReceiveBuffer from{pool};
    ByteQueue to{pool};
    const std::span<char> room = from.prepare();
    std::fill(room.begin(), room.end(), 'x');
    from.commit(room.size());
    const char* where = from.data().data();
    Http1BodyReader reader{{Framing::length, room.size()}};
    reader.read(from, to, SIZE_MAX);
    BOOST_TEST(static_cast<const void*>(to.front().data()) == static_cast<const void*>(where));
    BOOST_TEST(to.size() == room.size());
}

BOOST_AUTO_TEST_SUITE_END()
