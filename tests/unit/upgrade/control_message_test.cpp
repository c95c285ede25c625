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

std::string hex_of(const std::string& bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (const char byte : bytes) {
        const auto value = static_cast<unsigned char>(byte);
        text += digits[value >> 4];
        text += digits[value & 0xF];
    }
    return text;
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
    crosses_unchanged(HandOver{7, 64});
    crosses_unchanged(Invite{8, 4, 0xE});
    crosses_unchanged(Commit{.on_trial = true, .share = 100});
    crosses_unchanged(Share{500});
    crosses_unchanged(Estate{7, 5, "baton-memory:baton-listener", false});
    crosses_unchanged(Estate{7, 5, "", true});
    crosses_unchanged(Decide{Decide::Decision::keep});
    crosses_unchanged(Decide{Decide::Decision::give_back});
    crosses_unchanged(TrialOver{});
    crosses_unchanged(Return{7, 64});
    Hello of_trials = some_hello();
    of_trials.features = feature::trials;
    crosses_unchanged(of_trials);
}

// Whoever speaks version 1 sends exactly this. A line that changes breaks upgrades between versions.
BOOST_AUTO_TEST_CASE(every_message_of_version_1_has_the_bytes_it_always_had) {
    BOOST_TEST(hex_of(encode(Hello{1, 1, 4711, 8, 3, "1.5", "9f3", "/b"})) ==
               "014e70b401003c00"
               "010002000100"
               "020002000100"
               "0300040067120000"
               "0400040008000000"
               "050008000300000000000000"
               "06000300312e35"
               "07000300396633"
               "080002002f62");
    BOOST_TEST(hex_of(encode(Ready{8, 16})) ==
               "014e70b402001000"
               "0400040008000000"
               "0900040010000000");
    BOOST_TEST(hex_of(encode(Failed{78, "no"})) ==
               "014e70b403000e00"
               "0a0004004e000000"
               "0b0002006e6f");
    BOOST_TEST(hex_of(encode(Commit{})) == "014e70b404000000");
    BOOST_TEST(hex_of(encode(Accepting{})) == "014e70b405000000");
    BOOST_TEST(hex_of(encode(Stop{7, 1, 2, -1})) ==
               "014e70b406002c00"
               "0400040007000000"
               "0c0008000100000000000000"
               "0d0008000200000000000000"
               "0e000800ffffffffffffffff");
    BOOST_TEST(hex_of(encode(Reopen{})) == "014e70b407000000");
    BOOST_TEST(hex_of(encode(HandOver{7, 64})) ==
               "014e70b408001000"
               "0400040007000000"
               "0f00040040000000");
    BOOST_TEST(hex_of(encode(Invite{8, 4, 0xE})) ==
               "014e70b409001c00"
               "0400040008000000"
               "050008000e00000000000000"
               "0900040004000000");
    BOOST_TEST(hex_of(encode(Commit{.on_trial = true})) ==
               "014e70b404000500"
               "1100010001");
    BOOST_TEST(hex_of(encode(Decide{Decide::Decision::give_back})) ==
               "014e70b40a000500"
               "1200010002");
    BOOST_TEST(hex_of(encode(TrialOver{})) == "014e70b40b000000");
    BOOST_TEST(hex_of(encode(Share{500})) ==
               "014e70b40d000600"
               "13000200f401");
    BOOST_TEST(hex_of(encode(Estate{7, 5, "a:b", true})) ==
               "014e70b40e001c00"
               "0400040007000000"
               "1400040005000000"
               "15000300613a62"
               "1600010001");
    BOOST_TEST(hex_of(encode(Return{7, 64})) ==
               "014e70b40c001000"
               "0400040007000000"
               "0f00040040000000");
}

BOOST_AUTO_TEST_CASE(a_decision_that_is_neither_is_refused) {
    auto bytes = encode(Decide{Decide::Decision::keep});
    bytes.back() = 3;
    BOOST_TEST(is_refused(bytes));
}

BOOST_AUTO_TEST_CASE(a_hand_over_that_does_not_say_which_links_it_brings_is_refused) {
    auto bytes = encode(HandOver{7, 64});
    bytes.resize(16);
    bytes[6] = 8;
    BOOST_TEST(is_refused(bytes));
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
