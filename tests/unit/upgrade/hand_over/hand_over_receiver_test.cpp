// The successor's side against a predecessor that dies, lies or stops in the middle: nothing comes to life
// without COMMIT, everything does with it, and no descriptor stays behind.
#include "tests/unit/upgrade/hand_over/hand_over_world.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>

using namespace baton;
using namespace baton::upgrade;
using namespace baton::upgrade::test;

namespace {

struct Successor : StillLoop {
    Successor() {
        auto ends = socket_pair();
        peer.emplace(std::move(ends.second));
        receiver.emplace(*loop, std::move(ends.first), sink);
        BOOST_REQUIRE(receiver->start().has_value());
        BOOST_TEST((peer->hear_a<BudgetMessage>() == budget(0)));
    }
    /// The packets that offer `connections`, each with one descriptor.
    std::vector<std::string> pack(std::size_t connections, std::size_t payload = 5,
                                  std::uint32_t window = 1) {
        outgoing.wipe();
        for (std::size_t i = 0; i < connections; ++i) {
            Connection& connection = source.add(1, std::string(payload, 'x'));
            connection.state = Connection::State::frozen;
            BOOST_REQUIRE((outgoing.add(connection, 252) == OutgoingWindow::Fit::added));
        }
        std::vector<std::string> packets;
        const std::string_view bytes = outgoing.bytes();
        for (std::size_t offset = 0; offset < bytes.size(); offset += longest_piece) {
            packets.push_back(RawPeer::packet_of(OfferMessage{
                window, static_cast<std::uint16_t>(connections), static_cast<std::uint32_t>(connections),
                static_cast<std::uint32_t>(bytes.size()), static_cast<std::uint32_t>(offset),
                bytes.substr(offset, longest_piece)}));
        }
        return packets;
    }
    std::vector<int> descriptors() const {
        return {outgoing.descriptors().begin(), outgoing.descriptors().end()};
    }
    /// Says the pieces; descriptors with the first.
    void offer(const std::vector<std::string>& packets) {
        for (const std::string& packet : packets) {
            BOOST_REQUIRE(
                peer->say(packet, &packet == &packets.front() ? descriptors() : std::vector<int>{}));
            turn(2);
        }
    }
    void offer_and_hear_ready(std::size_t connections, std::uint32_t window = 1) {
        offer(pack(connections, 5, window));
        const auto ready = peer->hear_a<ReadyMessage>();
        BOOST_TEST(ready.window == window);
        BOOST_TEST(ready.answers == std::string(connections, '\0'));
        BOOST_TEST(sink.holding == static_cast<int>(connections));
    }
    void expect_dropped(Reason why) {
        BOOST_TEST(receiver->is_over());
        BOOST_TEST((receiver->why_over() == why), to_string(receiver->why_over()));
        BOOST_TEST(sink.times_over == 1);
        BOOST_TEST(sink.holding == 0);
        BOOST_TEST(sink.arrived.empty());
        BOOST_TEST(receiver->moved() == 0U);
        turn(3);
        BOOST_TEST(sink.times_over == 1);
        if (peer->socket) BOOST_TEST(peer->is_closed());
    }
    void die() { peer->socket.reset(); }
    /// What the peer has said and nobody has read, as the kernel counts it.
    int unread() const {
        int bytes = -1;
        BOOST_REQUIRE(::ioctl(peer->socket.get(), SIOCOUTQ, &bytes) == 0);
        return bytes;
    }

    TakingSink sink;
    GivingSource source;
    OutgoingWindow outgoing;
    std::optional<RawPeer> peer;
    std::optional<HandOverReceiver> receiver;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(hand_over_receiver, Successor)

BOOST_AUTO_TEST_CASE(what_is_offered_is_held_and_lives_with_commit) {
    offer_and_hear_ready(3);
    BOOST_TEST(sink.arrived.empty());
    sink.free = 77;
    BOOST_REQUIRE(peer->say(CommitMessage{1}));
    turn(2);
    BOOST_TEST(sink.arrived.size() == 3U);
    BOOST_TEST((peer->hear_a<BudgetMessage>() == budget(1, 77)));
    BOOST_TEST(receiver->moved() == 3U);
    offer_and_hear_ready(2, 2);
}

BOOST_AUTO_TEST_CASE(parcels_that_make_no_sense_are_refused_each_for_itself) {
    const std::string kinds_and_fields{
        "\3\0\0\0\3\0\0\0xyz"  // no fields
        "\3\0\0\0\0\0\0\0"     // no field
        "\50\0\0\0\0\0\0\0"    // a kind not understood
        "\xC8\0\0\0\0\0\0\0"   // a kind that no mask has a bit for
        "\3\0\0\0\x18\0\0\0\1\0\x08\0\0\0\1\0\0\0\0\0\0\0\2\0\4\0\0\0fine",  // good
        8 + 3 + 8 + 8 + 8 + 8 + 24};
    const auto size = static_cast<std::uint32_t>(kinds_and_fields.size());
    BOOST_REQUIRE(peer->say(OfferMessage{1, 5, 0, size, 0, kinds_and_fields}));
    turn();
    BOOST_TEST(peer->hear_a<ReadyMessage>().answers == std::string("\2\2\1\1\0", 5));
    BOOST_REQUIRE(peer->say(CommitMessage{1}));
    turn(2);
    BOOST_TEST(sink.arrived.size() == 1U);
}

BOOST_AUTO_TEST_CASE(the_descriptors_of_a_parcel_that_is_refused_are_closed) {
    const auto packets = pack(3);
    sink.refusing[1] = Refusal::no_place;
    const std::size_t before = open_descriptors();
    offer(packets);
    BOOST_TEST(open_descriptors() == before + 2);
}

BOOST_AUTO_TEST_CASE(a_predecessor_that_dies_before_it_offers_leaves_nothing) {
    die();
    turn(2);
    expect_dropped(Reason::closed);
}

BOOST_AUTO_TEST_CASE(a_predecessor_that_dies_after_any_piece_leaves_nothing) {
    for (std::size_t pieces = 1; pieces < 5; ++pieces) {
        Successor one;
        auto packets = one.pack(3, 100'000);
        BOOST_REQUIRE(packets.size() == 5U);
        packets.resize(pieces);
        const std::size_t before = open_descriptors();
        one.offer(packets);
        BOOST_TEST(open_descriptors() == before + 3);
        one.die();
        one.turn(2);
        one.expect_dropped(Reason::closed);
        BOOST_TEST(open_descriptors() == before - 2);  // both ends of the line
    }
}

BOOST_AUTO_TEST_CASE(a_predecessor_that_dies_before_commit_leaves_nothing) {
    offer_and_hear_ready(3);
    die();
    turn(2);
    expect_dropped(Reason::closed);
}

BOOST_AUTO_TEST_CASE(a_predecessor_that_dies_before_it_has_read_ready_leaves_nothing) {
    offer(pack(3));
    die();
    turn(2);
    expect_dropped(Reason::closed);
}

BOOST_AUTO_TEST_CASE(a_commit_is_obeyed_though_its_sender_is_dead) {
    offer_and_hear_ready(3);
    BOOST_REQUIRE(peer->say(CommitMessage{1}));
    die();
    turn(3);
    BOOST_TEST(sink.arrived.size() == 3U);
    BOOST_TEST(receiver->moved() == 3U);
    BOOST_TEST(receiver->is_over());
    BOOST_TEST(sink.times_over == 1);
}

BOOST_AUTO_TEST_CASE(a_commit_is_obeyed_though_its_sender_died_with_a_message_of_ours_unread) {
    offer(pack(3));
    // READY is never read: the kernel reports a reset before it gives out what is queued.
    BOOST_REQUIRE(peer->say(CommitMessage{1}));
    die();
    turn(3);
    BOOST_TEST(sink.arrived.size() == 3U);
    BOOST_TEST(receiver->is_over());
}

BOOST_AUTO_TEST_CASE(a_whole_window_and_its_commit_may_be_waiting_when_the_loop_turns) {
    const auto packets = pack(3, 30'000);
    BOOST_REQUIRE(packets.size() == 2U);
    BOOST_REQUIRE(peer->say(packets[0], descriptors()));
    BOOST_REQUIRE(peer->say(packets[1]));
    BOOST_REQUIRE(peer->say(CommitMessage{1}));
    turn(4);
    BOOST_TEST(sink.arrived.size() == 3U);
    BOOST_TEST(!receiver->is_over());
}

BOOST_AUTO_TEST_CASE(a_predecessor_that_is_silent_is_waited_for) {
    offer_and_hear_ready(3);
    advance(std::chrono::hours{1});
    BOOST_TEST(sink.holding == 3);
    BOOST_REQUIRE(peer->say(CommitMessage{1}));
    turn();
    BOOST_TEST(sink.arrived.size() == 3U);
}

BOOST_AUTO_TEST_CASE(a_receiver_that_is_destroyed_drops_what_it_holds) {
    offer_and_hear_ready(3);
    const std::size_t before = open_descriptors();
    receiver.reset();
    BOOST_TEST(sink.holding == 0);
    BOOST_TEST(sink.times_over == 0);
    BOOST_TEST(open_descriptors() == before - 4);
}

BOOST_AUTO_TEST_CASE(words_out_of_turn_drop_everything) {
    const std::vector<HandOverMessage> wrong_when_idle{CommitMessage{1}, CommitMessage{2}, budget(0),
                                                       ReadyMessage{1, "x"}};
    for (const auto& message : wrong_when_idle) {
        Successor one;
        BOOST_REQUIRE(one.peer->say(message));
        one.turn(2);
        one.expect_dropped(Reason::bad_message);
    }
    const std::vector<HandOverMessage> wrong_when_held{CommitMessage{2}, budget(1), ReadyMessage{1, "x"},
                                                       OfferMessage{2, 1, 0, 8, 0, "12345678"}};
    for (const auto& message : wrong_when_held) {
        Successor one;
        one.offer_and_hear_ready(2);
        BOOST_REQUIRE(one.peer->say(message));
        one.turn(2);
        one.expect_dropped(Reason::bad_message);
    }
    Successor one;
    auto packets = one.pack(3, 100'000);
    one.offer({packets[0]});
    BOOST_REQUIRE(one.peer->say(CommitMessage{1}));
    one.turn(2);
    one.expect_dropped(Reason::bad_message);
}

BOOST_AUTO_TEST_CASE(pieces_that_are_missing_doubled_or_in_another_order_drop_everything) {
    const std::size_t before = open_descriptors();
    const std::vector<std::vector<std::size_t>> orders{{1}, {0, 0}, {0, 2}, {0, 1, 1}, {0, 2, 1}};
    for (const auto& order : orders) {
        Successor one;
        const auto packets = one.pack(3, 100'000);
        for (const std::size_t number : order) {
            // The last is said to a deaf ear when the one before was wrong already.
            one.peer->say(packets[number], number == 0 ? one.descriptors() : std::vector<int>{});
            one.turn(2);
        }
        one.expect_dropped(Reason::bad_message);
    }
    BOOST_TEST(open_descriptors() == before);
}

BOOST_AUTO_TEST_CASE(a_window_that_was_committed_is_not_taken_a_second_time) {
    offer_and_hear_ready(2);
    BOOST_REQUIRE(peer->say(CommitMessage{1}));
    turn(2);
    BOOST_TEST(sink.arrived.size() == 2U);
    BOOST_REQUIRE(peer->say(CommitMessage{1}));
    turn(2);
    BOOST_TEST(receiver->is_over());
    BOOST_TEST((receiver->why_over() == Reason::bad_message));
    BOOST_TEST(sink.arrived.size() == 2U);
}

BOOST_AUTO_TEST_CASE(windows_come_in_their_order) {
    offer(pack(2, 5, 2));
    expect_dropped(Reason::bad_message);
}

BOOST_AUTO_TEST_CASE(other_descriptors_than_announced_drop_everything) {
    const std::size_t before = open_descriptors();
    for (const std::size_t came : {0U, 1U, 3U, 4U, 253U}) {
        Successor one;
        const auto packets = one.pack(2);
        BOOST_REQUIRE(one.peer->say(packets[0], std::vector<int>(came, one.source.far[0].get())));
        one.turn(2);
        one.expect_dropped(Reason::bad_message);
    }
    {
        Successor one;
        const auto packets = one.pack(3, 100'000);
        one.offer({packets[0]});
        BOOST_REQUIRE(one.peer->say(packets[1], one.descriptors()));
        one.turn(2);
        one.expect_dropped(Reason::bad_message);
    }
    {
        Successor one;
        one.offer_and_hear_ready(2);
        BOOST_REQUIRE(one.peer->say(CommitMessage{1}, one.descriptors()));
        one.turn(2);
        one.expect_dropped(Reason::bad_message);
    }
    {
        Successor one;
        one.pack(2);
        BOOST_REQUIRE(one.peer->say(std::string{}, one.descriptors()));
        one.turn(2);
        BOOST_TEST(one.receiver->is_over());
    }
    BOOST_TEST(open_descriptors() == before);
}

BOOST_AUTO_TEST_CASE(a_flipped_bit_of_an_offer_is_refused_drops_everything_or_is_another_value) {
    const std::size_t before = open_descriptors();
    const std::size_t length = Successor{}.pack(2)[0].size();
    for (std::size_t bit = 0; bit < length * 8; ++bit) {
        Successor one;
        std::string flipped = one.pack(2)[0];
        flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
        BOOST_REQUIRE(one.peer->say(flipped, one.descriptors()));
        one.turn(2);
        BOOST_TEST(one.sink.arrived.empty());
        if (bit / 8 < message_head_size) {
            // A window that is said to be longer is waited for, in vain.
            if (!one.receiver->is_over()) BOOST_TEST(one.peer->hear().empty());
            one.die();
            one.turn(2);
            BOOST_TEST(one.receiver->is_over());
        }
    }
    BOOST_TEST(open_descriptors() == before);
}

BOOST_AUTO_TEST_CASE(every_flipped_bit_and_every_cut_of_commit_drops_everything) {
    const std::size_t before = open_descriptors();
    const std::string whole = RawPeer::packet_of(CommitMessage{1});
    for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
        Successor one;
        one.offer_and_hear_ready(2);
        std::string flipped = whole;
        flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
        BOOST_REQUIRE(one.peer->say(flipped));
        one.turn(2);
        one.expect_dropped(Reason::bad_message);
    }
    for (std::size_t length = 1; length <= whole.size() + 1; ++length) {
        if (length == whole.size()) continue;
        Successor one;
        one.offer_and_hear_ready(2);
        BOOST_REQUIRE(one.peer->say((whole + "x").substr(0, length)));
        one.turn(2);
        one.expect_dropped(Reason::bad_message);
    }
    BOOST_TEST(open_descriptors() == before);
}

BOOST_AUTO_TEST_CASE(every_cut_of_an_offer_drops_everything_at_the_latest_when_the_next_word_comes) {
    const std::size_t length = Successor{}.pack(2)[0].size();
    for (std::size_t cut = 1; cut < length; ++cut) {
        Successor one;
        BOOST_REQUIRE(one.peer->say(one.pack(2)[0].substr(0, cut), one.descriptors()));
        one.turn(2);
        if (!one.receiver->is_over()) {
            BOOST_TEST(cut > message_head_size);
            BOOST_REQUIRE(one.peer->say(CommitMessage{1}));
            one.turn(2);
        }
        one.expect_dropped(Reason::bad_message);
    }
}

BOOST_AUTO_TEST_CASE(garbage_drops_everything) {
    for (const std::string& garbage :
         {std::string("hello"), std::string(24, '\0'), std::string(longest_packet, 'x'),
          std::string(longest_packet + 1, 'x')}) {
        Successor one;
        BOOST_REQUIRE(one.peer->say(garbage));
        one.turn(2);
        one.expect_dropped(Reason::bad_message);
    }
}

BOOST_AUTO_TEST_CASE(a_flood_of_tiny_pieces_does_not_hold_the_loop) {
    const std::string bytes = std::string{"\3\0\0\0\x0C\1\0\0", 8} + std::string(268, 'x');
    for (std::uint32_t at = 0; at < 200; ++at)
        BOOST_REQUIRE(peer->say(
            OfferMessage{1, 1, 0, static_cast<std::uint32_t>(bytes.size()), at, bytes.substr(at, 1)}));
    turn();
    BOOST_TEST(unread() > 0);
    turn(10);
    BOOST_TEST(unread() == 0);
    BOOST_TEST(!receiver->is_over());
}

BOOST_AUTO_TEST_SUITE_END()
