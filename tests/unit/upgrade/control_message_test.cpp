#include "upgrade/control_message.h"

#include <boost/test/unit_test.hpp>

using namespace baton;
using namespace baton::upgrade;

namespace {

std::span<const std::byte> bytes_of(const std::string& text) {
    return std::as_bytes(std::span(text));
}

void crosses_unchanged(const ControlMessage& message) {
    const auto decoded = decode(bytes_of(encode(message)));
    BOOST_REQUIRE(decoded.has_value());
    BOOST_TEST((*decoded == message));
}

bool is_refused(const std::string& bytes) {
    const auto decoded = decode(bytes_of(bytes));
    return !decoded && decoded.error().reason == Reason::bad_message;
}

Hello some_hello() {
    return {1, 3, 4711, 8, 0x8000'0000'0000'0001, "1.5.0", "9f31ab2", "/usr/sbin/baton"};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(control_message)

BOOST_AUTO_TEST_CASE(every_message_is_read_back_as_it_was_written) {
    crosses_unchanged(some_hello());
    crosses_unchanged(Ready{8, 16});
    crosses_unchanged(Failed{78, "baton.yaml:1:1: error"});
    crosses_unchanged(Commit{});
    crosses_unchanged(Accepting{});
    crosses_unchanged(Stop{7, -1, 30'000'000'000, INT64_MAX});
    crosses_unchanged(Reopen{});
}

BOOST_AUTO_TEST_CASE(numbers_are_little_endian) {
    const auto bytes = encode(Ready{0x04030201, 0});
    BOOST_TEST(bytes.substr(12, 4) == std::string("\x01\x02\x03\x04"));
}

BOOST_AUTO_TEST_CASE(a_text_that_is_too_long_is_cut_when_it_is_written) {
    const auto decoded = decode(bytes_of(encode(Failed{1, std::string(100'000, 'x')})));
    BOOST_REQUIRE(decoded.has_value());
    BOOST_TEST(std::get<Failed>(*decoded).reason.size() == longest_control_text);
}

BOOST_AUTO_TEST_CASE(every_shortened_message_is_refused) {
    const auto whole = encode(some_hello());
    for (std::size_t length = 0; length < whole.size(); ++length)
        BOOST_TEST(is_refused(whole.substr(0, length)));
}

BOOST_AUTO_TEST_CASE(a_byte_too_many_is_refused) {
    BOOST_TEST(is_refused(encode(Commit{}) + '\0'));
}

BOOST_AUTO_TEST_CASE(no_flipped_bit_is_read_as_another_field_layout) {
    const auto whole = encode(Stop{7, 1, 2, 3});
    for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
        auto flipped = whole;
        flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
        // A flipped value is a value; what is read must at least be written back as it came.
        if (const auto decoded = decode(bytes_of(flipped))) {
            BOOST_TEST(encode(*decoded).size() <= flipped.size());
        }
    }
}

BOOST_AUTO_TEST_CASE(a_field_that_comes_twice_is_refused) {
    auto bytes = encode(Ready{1, 2});
    const auto field = bytes.substr(8, 8);
    bytes += field;
    bytes[6] = static_cast<char>(bytes.size() - 8);
    BOOST_TEST(is_refused(bytes));
}

BOOST_AUTO_TEST_CASE(a_field_of_another_width_is_refused) {
    auto bytes = encode(Ready{1, 2});
    bytes[10] = 3;  // the first field is one byte shorter, and so is the message
    bytes.erase(15, 1);
    bytes[6] = static_cast<char>(bytes.size() - 8);
    BOOST_TEST(is_refused(bytes));
}

BOOST_AUTO_TEST_CASE(an_unknown_field_is_skipped_since_a_later_version_may_say_more) {
    auto bytes = encode(Ready{1, 2});
    bytes += std::string("\xE8\x03\x02\x00zz", 6);  // tag 1000, two bytes
    bytes[6] = static_cast<char>(bytes.size() - 8);
    const auto decoded = decode(bytes_of(bytes));
    BOOST_REQUIRE(decoded.has_value());
    BOOST_TEST((std::get<Ready>(*decoded) == Ready{1, 2}));
}

BOOST_AUTO_TEST_CASE(an_unknown_kind_and_text_are_refused) {
    auto bytes = encode(Commit{});
    bytes[4] = 99;
    BOOST_TEST(is_refused(bytes));
    BOOST_TEST(is_refused("hello, world"));
}

BOOST_AUTO_TEST_CASE(the_highest_version_that_both_speak_is_taken) {
    Hello one;
    Hello other;
    one.lowest = 2, one.highest = 5;
    other.lowest = 1, other.highest = 3;
    BOOST_TEST(common_protocol(one, other) == 3);
    other.highest = 1;
    BOOST_TEST(common_protocol(one, other) == 0);
    other.lowest = 6, other.highest = 9;
    BOOST_TEST(common_protocol(one, other) == 0);
}

BOOST_AUTO_TEST_SUITE_END()
