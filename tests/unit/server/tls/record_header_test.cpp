#include "server/tls/record_header.h"

#include <boost/test/unit_test.hpp>
#include <string>

using namespace baton::tls;
using namespace std::string_view_literals;

BOOST_AUTO_TEST_SUITE(record_header)

BOOST_AUTO_TEST_CASE(a_header_says_type_and_length_of_the_whole_record) {
    RecordHeader header{};
    BOOST_TEST((read_header("\x17\x03\x03\x01\x02 and more", header) == Framed::complete_header));
    BOOST_TEST(header.type == 23);
    BOOST_TEST(header.length == 5u + 258u);
    BOOST_TEST((read_header("\x16\x03\x01\x00\x00"sv, header) == Framed::complete_header));
    BOOST_TEST(header.length == 5u);
}

BOOST_AUTO_TEST_CASE(a_part_of_a_header_waits_for_the_rest) {
    const std::string_view whole = "\x16\x03\x01\x02\x00"sv;
    RecordHeader header{};
    for (std::size_t size = 0; size < whole.size(); ++size)
        BOOST_TEST((read_header(whole.substr(0, size), header) == Framed::need_more));
}

BOOST_AUTO_TEST_CASE(what_is_no_tls_is_known_by_its_first_bytes) {
    RecordHeader header{};
    BOOST_TEST((read_header("G", header) == Framed::not_tls));
    BOOST_TEST((read_header("\x16\x02", header) == Framed::not_tls));
    BOOST_TEST((read_header("\x13\x03\x03\x00\x00"sv, header) == Framed::not_tls));
    BOOST_TEST((read_header("\x18\x03\x03\x00\x00"sv, header) == Framed::not_tls));
    BOOST_TEST((read_header("\x80\x2e\x01\x03\x01"sv, header) == Framed::not_tls));
}

BOOST_AUTO_TEST_CASE(a_record_is_at_most_256_bytes_longer_than_its_longest_plaintext) {
    RecordHeader header{};
    BOOST_TEST((read_header("\x17\x03\x03\x41\x00"sv, header) == Framed::complete_header));
    BOOST_TEST(header.length == longest_record);
    BOOST_TEST((read_header("\x17\x03\x03\x41\x01"sv, header) == Framed::too_long));
    BOOST_TEST((read_header("\x17\x03\x03\xff\xff"sv, header) == Framed::too_long));
}

BOOST_AUTO_TEST_SUITE_END()
