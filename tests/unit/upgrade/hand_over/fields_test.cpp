#include "upgrade/hand_over/field_reader.h"
#include "upgrade/hand_over/field_writer.h"

#include <boost/test/unit_test.hpp>
#include <cstdint>
#include <limits>
#include <string>

using namespace baton;
using namespace baton::upgrade;
using namespace std::literals;

namespace {

struct Fields {
    SecretBuffer buffer;
    FieldWriter writer{buffer};

    FieldReader read() const {
        const auto reader = FieldReader::over(buffer.view());
        BOOST_REQUIRE(reader.has_value());
        return *reader;
    }
};

bool is_refused(std::string_view bytes) {
    const auto reader = FieldReader::over(bytes);
    return !reader && reader.error().reason == Reason::bad_message;
}

/// A field with a length of our choice.
std::string raw(Tag tag, std::uint32_t length, std::string_view value) {
    std::string bytes{static_cast<char>(tag & 0xFF), static_cast<char>(tag >> 8)};
    for (int i = 0; i < 4; ++i) bytes += static_cast<char>(length >> (8 * i) & 0xFF);
    return bytes.append(value);
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(hand_over_fields, Fields)

BOOST_AUTO_TEST_CASE(everything_is_read_back_as_it_was_written) {
    writer.number(1, 0x0102030405060708);
    writer.text(2, "text\0with a zero"sv);
    writer.flag(3, true);
    writer.flag(4, false);
    writer.time(5, TimePoint{Duration{-1}});
    writer.time(6, TimePoint::max());
    writer.duration(7, std::chrono::hours{1});
    writer.text(0xFFFF, "");
    const FieldReader reader = read();
    BOOST_TEST(reader.number(1).value() == 0x0102030405060708u);
    BOOST_TEST(reader.text(2).value() == "text\0with a zero"sv);
    BOOST_TEST(reader.flag(3));
    BOOST_TEST(!reader.flag(4));
    BOOST_TEST((reader.time(5) == TimePoint{Duration{-1}}));
    BOOST_TEST((reader.time(6) == TimePoint::max()));
    BOOST_TEST((reader.duration(7) == std::chrono::hours{1}));
    BOOST_TEST(reader.text(0xFFFF).value().empty());
    BOOST_TEST(!reader.empty());
}

BOOST_AUTO_TEST_CASE(the_bytes_are_tag_length_and_value_in_little_endian) {
    writer.number(0x0102, 0x0807060504030201);
    writer.text(3, "ab");
    BOOST_TEST(buffer.view() == "\x02\x01\x08\0\0\0\x01\x02\x03\x04\x05\x06\x07\x08\x03\0\x02\0\0\0ab"sv);
}

BOOST_AUTO_TEST_CASE(groups_nest_and_have_tags_of_their_own) {
    writer.group(1, [&] {
        writer.number(1, 11);
        writer.group(2, [&] { writer.text(1, "innermost"); });
        writer.number(3, 13);
    });
    writer.group(2, [] {});
    const FieldReader reader = read();
    const FieldReader group = reader.group(1).value();
    BOOST_TEST(group.number(1).value() == 11u);
    BOOST_TEST(group.group(2).value().text(1).value() == "innermost");
    BOOST_TEST(group.number(3).value() == 13u);
    BOOST_TEST(reader.group(2).value().empty());
    BOOST_TEST(!reader.group(3).has_value());
    BOOST_TEST(writer.size() == buffer.size());
}

BOOST_AUTO_TEST_CASE(fields_are_found_in_any_order_and_as_often_as_they_are_asked_for) {
    constexpr Tag most = 300;  // more than there are bits to remember them by
    for (Tag tag = 0; tag < most; ++tag) writer.number(tag, tag * 7u);
    const FieldReader reader = read();
    for (const unsigned step : {1u, 299u, 7u, 64u, 193u}) {
        unsigned tag = 0;
        for (unsigned i = 0; i < most; ++i, tag = (tag + step) % most)
            BOOST_TEST(reader.number(static_cast<Tag>(tag)).value() == tag * 7u);
    }
    BOOST_TEST(!reader.number(most).has_value());
    BOOST_TEST(reader.number(0).value() == 0u);
}

BOOST_AUTO_TEST_CASE(of_a_tag_that_comes_twice_the_first_counts_in_whatever_order_is_asked) {
    for (const Tag other : {Tag{2}, Tag{65}}) {  // 65 shares its bit with 1
        Fields fields;
        fields.writer.number(1, 10);
        fields.writer.number(other, 20);
        fields.writer.number(1, 11);
        fields.writer.number(other, 21);
        const FieldReader reader = fields.read();
        BOOST_TEST(reader.number(other).value() == 20u);
        BOOST_TEST(reader.number(1).value() == 10u);
        BOOST_TEST(reader.number(1).value() == 10u);
        BOOST_TEST(reader.number(other).value() == 20u);
    }
}

BOOST_AUTO_TEST_CASE(unknown_fields_are_skipped_and_absent_ones_are_nothing) {
    writer.text(999, "from a later version");
    writer.number(1, 1);
    const FieldReader reader = read();
    BOOST_TEST(reader.number(1).value() == 1u);
    BOOST_TEST(!reader.text(2).has_value());
    BOOST_TEST(!reader.text(999 - 64).has_value());
    BOOST_TEST(!reader.flag(2));
    BOOST_TEST(!reader.time(2).has_value());
    BOOST_TEST(!FieldReader{}.text(0).has_value());
    BOOST_TEST(FieldReader{}.empty());
}

BOOST_AUTO_TEST_CASE(a_number_of_another_width_is_none) {
    for (const std::size_t width : {0u, 1u, 4u, 7u, 9u, 16u}) {
        Fields fields;
        fields.writer.text(1, std::string(width, '\x01'));
        const FieldReader reader = fields.read();
        BOOST_TEST(!reader.number(1).has_value());
        BOOST_TEST(!reader.flag(1));
        BOOST_TEST(!reader.time(1).has_value());
        BOOST_TEST(!reader.duration(1).has_value());
        BOOST_TEST(reader.text(1).value().size() == width);
    }
}

BOOST_AUTO_TEST_CASE(whatever_is_cut_within_a_field_is_refused) {
    writer.number(1, 1);
    const std::size_t between = writer.size();
    writer.text(2, "text");
    for (std::size_t length = 0; length < buffer.size(); ++length) {
        const bool whole = length == 0 || length == between;
        BOOST_TEST(is_refused(buffer.view().substr(0, length)) == !whole);
    }
}

BOOST_AUTO_TEST_CASE(a_length_beyond_the_end_is_refused) {
    BOOST_TEST(!is_refused(raw(1, 4, "text")));
    BOOST_TEST(is_refused(raw(1, 5, "text")));
    BOOST_TEST(is_refused(raw(1, std::numeric_limits<std::uint32_t>::max(), "text")));
    BOOST_TEST(is_refused(raw(1, 3, "text")));
}

BOOST_AUTO_TEST_CASE(a_group_whose_value_is_no_fields_is_nothing) {
    writer.text(1, "no fields");
    writer.text(2, raw(1, 3, "text"));
    const FieldReader reader = read();
    BOOST_TEST(!reader.group(1).has_value());
    BOOST_TEST(!reader.group(2).has_value());
    BOOST_TEST(reader.text(1).value() == "no fields");
}

BOOST_AUTO_TEST_SUITE_END()
