#include "tests/unit/upgrade/hand_over/hand_over_world.h"

#include <fstream>

using namespace baton;
using namespace baton::upgrade;
using namespace baton::upgrade::test;

namespace {

Result<HandOverMessage> read(const std::string& packet) {
    if (packet.size() < message_head_size) return failure(Reason::bad_message, Side::internal);
    MessageHead head;
    std::copy_n(packet.begin(), head.size(), head.begin());
    return decode(head, std::string_view{packet}.substr(head.size()));
}

void crosses_unchanged(const HandOverMessage& message) {
    const std::string packet = RawPeer::packet_of(message);
    const auto read_back = read(packet);
    BOOST_REQUIRE(read_back.has_value());
    BOOST_TEST((*read_back == message));
}

bool is_refused(const HandOverMessage& message) {
    return !read(RawPeer::packet_of(message));
}

const std::string answers{"\0\3\0", 3};
const std::string parcel{"\3\0\2\0\6\0\0\0\1\0\0\0\0\0", 14};

const BudgetMessage some_budget{7, 1, 1, 1000, 0x8000'0000'0000'0201};
const OfferMessage some_offer{8, 1, 2, 14, 0, parcel};
const ReadyMessage some_ready{8, answers};
const CommitMessage some_commit{8};
const std::vector<HandOverMessage> one_of_each{some_budget, some_offer, some_ready, some_commit};

std::string golden(const std::string& name) {
    std::ifstream file{std::string{BATON_SOURCE_DIR} + "/tests/golden/hand_over_line_1/" + name + ".hex"};
    BOOST_REQUIRE(file.is_open());
    std::string bytes;
    for (std::string pair; file >> pair;) bytes.push_back(static_cast<char>(std::stoi(pair, nullptr, 16)));
    return bytes;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(hand_over_message)

BOOST_AUTO_TEST_CASE(every_message_is_read_back_as_it_was_written) {
    for (const auto& message : one_of_each) crosses_unchanged(message);
}

BOOST_AUTO_TEST_CASE(messages_of_version_1_have_the_bytes_that_they_always_had) {
    BOOST_TEST(RawPeer::packet_of(some_budget) == golden("budget"));
    BOOST_TEST(RawPeer::packet_of(some_offer) == golden("offer"));
    BOOST_TEST(RawPeer::packet_of(some_ready) == golden("ready"));
    BOOST_TEST(RawPeer::packet_of(some_commit) == golden("commit"));
}

BOOST_AUTO_TEST_CASE(every_shortened_message_is_refused_or_is_shorter_content) {
    for (const auto& message : one_of_each) {
        const std::string whole = RawPeer::packet_of(message);
        for (std::size_t length = 0; length < whole.size(); ++length) {
            // A shorter piece of a window is a piece: the receiver sees that it does not come to an end.
            const bool is_piece = std::holds_alternative<OfferMessage>(message) && length > message_head_size;
            BOOST_TEST(read(whole.substr(0, length)).has_value() == is_piece);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_byte_too_many_is_refused) {
    for (const auto& message : one_of_each) BOOST_TEST(!read(RawPeer::packet_of(message) + '\0'));
}

BOOST_AUTO_TEST_CASE(a_flipped_bit_is_refused_or_is_another_value_that_is_written_the_same_way) {
    for (const auto& message : one_of_each) {
        const std::string whole = RawPeer::packet_of(message);
        for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
            std::string flipped = whole;
            flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
            if (const auto decoded = read(flipped)) BOOST_TEST(RawPeer::packet_of(*decoded) == flipped);
        }
        for (std::size_t bit = 0; bit < 6 * 8; ++bit) {
            std::string flipped = whole;
            flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
            BOOST_TEST(!read(flipped), "bit " << bit << " of magic, version and kind");
        }
    }
}

BOOST_AUTO_TEST_CASE(windows_are_counted_from_one) {
    BOOST_TEST(is_refused(OfferMessage{0, 1, 2, 14, 0, parcel}));
    BOOST_TEST(is_refused(ReadyMessage{0, answers}));
    BOOST_TEST(is_refused(CommitMessage{0}));
    crosses_unchanged(BudgetMessage{0, 1, 1, 0, 0});
}

BOOST_AUTO_TEST_CASE(an_offer_keeps_to_the_limits) {
    const std::string piece(longest_piece, 'x');
    const auto largest = static_cast<std::uint32_t>(longest_window);
    crosses_unchanged(OfferMessage{1, 126, 252, largest, 0, piece});
    BOOST_TEST(is_refused(OfferMessage{1, 127, 252, largest, 0, piece}));
    BOOST_TEST(is_refused(OfferMessage{1, 126, 253, largest, 0, piece}));
    BOOST_TEST(is_refused(OfferMessage{1, 1, 3, largest, 0, piece}));
    BOOST_TEST(is_refused(OfferMessage{1, 126, 252, largest + 1, 0, piece}));
    BOOST_TEST(is_refused(OfferMessage{1, 0, 0, 14, 0, parcel}));
    BOOST_TEST(is_refused(OfferMessage{1, 1, 0, 7, 0, "shorter"}));
    BOOST_TEST(is_refused(OfferMessage{1, 1, 0, 14, 0, ""}));
    BOOST_TEST(is_refused(OfferMessage{1, 1, 0, 14, 1, parcel}));
    BOOST_TEST(is_refused(OfferMessage{1, 1, 0, 14, 14, "x"}));
    BOOST_TEST(is_refused(OfferMessage{1, 1, 0, 14, 0xFFFF'FFFF, "xx"}));
    BOOST_TEST(is_refused(OfferMessage{1, 126, 0, largest, 0, std::string(longest_piece + 1, 'x')}));
}

BOOST_AUTO_TEST_CASE(there_are_as_many_answers_as_a_window_may_have_parcels) {
    crosses_unchanged(ReadyMessage{1, std::string(126, '\1')});
    const std::string too_many(127, '\1');
    BOOST_TEST(is_refused(ReadyMessage{1, too_many}));
    BOOST_TEST(is_refused(ReadyMessage{1, ""}));
}

BOOST_AUTO_TEST_CASE(a_budget_names_versions_that_exist) {
    BOOST_TEST(is_refused(BudgetMessage{0, 0, 1, 0, 0}));
    BOOST_TEST(is_refused(BudgetMessage{0, 3, 2, 0, 0}));
    crosses_unchanged(BudgetMessage{0, 2, 9, 0, 0});
}

BOOST_AUTO_TEST_CASE(a_refusal_of_a_later_version_is_a_refusal) {
    BOOST_TEST((refusal_of('\3') == Refusal::no_place));
    BOOST_TEST((refusal_of('\7') == Refusal::unsupported));
    BOOST_TEST((refusal_of('\xFF') == Refusal::unsupported));
}

BOOST_AUTO_TEST_CASE(every_refusal_has_a_name) {
    for (int value = 1; value <= 6; ++value) BOOST_TEST(!to_string(static_cast<Refusal>(value)).empty());
    BOOST_TEST(to_string(Refusal::no_place) == "no_place");
}

BOOST_AUTO_TEST_SUITE_END()
