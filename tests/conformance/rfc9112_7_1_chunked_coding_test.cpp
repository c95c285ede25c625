#include "tests/conformance/messages.h"

#include <boost/test/unit_test.hpp>

using namespace baton;
using http::BodyStatus;
using test::chunked;
using test::ReadBody;

BOOST_AUTO_TEST_SUITE(rfc9112_7_1_chunked_coding)

BOOST_AUTO_TEST_CASE(chunks_are_decoded_and_what_follows_stays) {
    const ReadBody body{chunked, "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\nGET /"};
    BOOST_TEST(body.progress.status == BodyStatus::complete);
    BOOST_TEST(body.content() == "hello world");
    BOOST_TEST(body.behind == "GET /");
    BOOST_TEST(body.reader.received() == 11u);
}

BOOST_AUTO_TEST_CASE(sizes_are_hexadecimal_in_any_case_with_leading_zeros) {
    BOOST_TEST(ReadBody(chunked, "a\r\n0123456789\r\n0\r\n\r\n").content() == "0123456789");
    BOOST_TEST(ReadBody(chunked, "A\r\n0123456789\r\n0\r\n\r\n").content() == "0123456789");
    BOOST_TEST(ReadBody(chunked, "000000000000000000000001\r\nx\r\n000\r\n\r\n").content() == "x");
}

BOOST_AUTO_TEST_CASE(a_size_that_is_no_hexadecimal_number_is_refused) {
    for (const auto text : {"\r\n", "+5\r\n", "-5\r\n", "0x5\r\n", " 5\r\n", "5 \r\n", "5\t\r\n", "5 ;a\r\n",
                            "g\r\n", "5_0\r\n", "5,5\r\n", ";a\r\n", "5.\r\n", "\"5\"\r\n"})
        CHECK_CHUNKED_REJECTED(text, bad_chunk);
}

BOOST_AUTO_TEST_CASE(a_size_beyond_63_bits_or_16_digits_is_refused) {
    CHECK_CHUNKED_REJECTED("8000000000000000\r\n", bad_chunk);
    CHECK_CHUNKED_REJECTED("ffffffffffffffff\r\n", bad_chunk);
    CHECK_CHUNKED_REJECTED("10000000000000005\r\n", bad_chunk);
    CHECK_CHUNKED_REJECTED("100000000000000000005\r\n", bad_chunk);
    BOOST_TEST(ReadBody(chunked, "7fffffffffffffff\r\nx").progress.status == BodyStatus::more);
}

BOOST_AUTO_TEST_CASE(only_cr_lf_ends_a_size_data_or_the_body) {
    for (const auto text :
         {"5\nhello\r\n0\r\n\r\n", "5\rhello\r\n", "5\r\rhello", "5\r\nhello\n0\r\n\r\n",
          "5\r\nhello0\r\n\r\n", "5\r\nhelloX\r\n", "5\r\nhello\rX", "5\r\nhello\r\n\r\n0\r\n\r\n", "0\n\n"})
        CHECK_CHUNKED_REJECTED(text, bad_chunk);
    CHECK_CHUNKED_REJECTED("0\r\n\n", bad_trailer);
    CHECK_CHUNKED_REJECTED("0\r\n\rX", bad_trailer);
}

BOOST_AUTO_TEST_CASE(extensions_of_the_grammar_are_dropped) {
    for (const auto extension :
         {";a", ";a=b", ";a=\"b\"", ";a=\"\"", "; a", ";a = b", ";a;b=c;d", ";a=\"x\\\"y;\\\\\"",
          ";a ; b = \"c\" ; d", ";a=\"tab\there\"", ";a=\"\xff\""}) {
        const std::string text = "5" + std::string{extension} + "\r\nhello\r\n0" + extension + "\r\n\r\n";
        const ReadBody body{chunked, text};
        BOOST_TEST(body.progress.status == BodyStatus::complete, extension);
        BOOST_TEST(body.content() == "hello");
    }
}

BOOST_AUTO_TEST_CASE(extensions_outside_the_grammar_are_refused) {
    for (const auto extension :
         {";", ";;a", ";=b", ";a=", ";a=;b", ";a b", ";a=b c", ";a=\"b\"c", ";a ", ";a=b ", ";a==b", ";a=b=c",
          ";(", ";a=\"\n\"", ";a=\"\r\n\"", ";a\n", ";a\rX", ";a=\"\\\n\"", ";a=\"b\" \r"})
        CHECK_CHUNKED_REJECTED("5" + std::string{extension} + "\r\nhello\r\n0\r\n\r\n", bad_chunk);
}

BOOST_AUTO_TEST_CASE(a_chunk_line_has_at_most_4_kib) {
    const std::string fits = "5;" + std::string(4096 - 4, 'a') + "\r\nhello\r\n0\r\n\r\n";
    BOOST_TEST(ReadBody(chunked, fits).progress.status == BodyStatus::complete);
    CHECK_CHUNKED_REJECTED("5;" + std::string(4096 - 3, 'a') + "\r\nhello\r\n0\r\n\r\n", chunk_overhead);
    CHECK_CHUNKED_REJECTED(std::string(5000, '0'), chunk_overhead);
}

BOOST_AUTO_TEST_CASE(framing_in_all_is_bounded_by_the_content) {
    std::string flood;
    for (int i = 0; i < 100; ++i) flood += "1;" + std::string(1000, 'a') + "\r\nx\r\n";
    CHECK_CHUNKED_REJECTED(flood, chunk_overhead);
    std::string small_chunks;
    for (int i = 0; i < 50'000; ++i) small_chunks += "1\r\nx\r\n";
    BOOST_TEST(ReadBody(chunked, small_chunks + "0\r\n\r\n").progress.status == BodyStatus::complete);
}

BOOST_AUTO_TEST_CASE(a_body_that_breaks_off_is_never_complete) {
    const std::string whole = "5;a=\"b\"\r\nhello\r\n0\r\nA: b\r\n\r\n";
    for (std::size_t size = 0; size < whole.size(); ++size) {
        const ReadBody body{chunked, whole.substr(0, size)};
        BOOST_TEST(body.progress.status == BodyStatus::more);
        BOOST_TEST(!body.reader.ended_by_close());
    }
}

BOOST_AUTO_TEST_SUITE_END()
