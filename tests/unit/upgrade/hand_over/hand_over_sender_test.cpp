// The predecessor's side against a successor that dies, lies or is silent: nothing is lost, and nothing is
// in two places.
#include "tests/unit/upgrade/hand_over/hand_over_world.h"

using namespace baton;
using namespace baton::upgrade;
using namespace baton::upgrade::test;
using namespace std::chrono_literals;

namespace {

struct Predecessor : StillLoop {
    Predecessor() {
        auto ends = socket_pair();
        peer.emplace(std::move(ends.second));
        sender.emplace(*loop, std::move(ends.first), source);
        BOOST_REQUIRE(sender->start().has_value());
        turn();
    }
    /// Up to where everything has been offered and heard.
    OfferMessage offer(std::size_t connections, std::size_t payload = 5) {
        for (std::size_t i = 0; i < connections; ++i) source.add(2, std::string(payload, 'x'));
        BOOST_REQUIRE(peer->say(budget(0)));
        turn(3);
        const auto offer = peer->hear_a<OfferMessage>();
        BOOST_TEST(offer.parcels == connections);
        BOOST_TEST(source.frozen() == connections);
        return offer;
    }
    std::string all_taken(std::size_t connections) const { return std::string(connections, '\0'); }

    void expect_all_kept(Reason why) {
        BOOST_TEST(sender->is_lost());
        BOOST_TEST((sender->why_lost() == why), to_string(sender->why_lost()));
        BOOST_TEST(source.times_lost == 1);
        BOOST_TEST(source.live() == source.connections.size());
        BOOST_TEST(sender->totals().moved == 0U);
        BOOST_TEST(sender->is_idle());
        expect_silent();
    }
    void expect_all_taken(Reason why) {
        BOOST_TEST(sender->is_lost());
        BOOST_TEST((sender->why_lost() == why), to_string(sender->why_lost()));
        BOOST_TEST(source.times_lost == 1);
        BOOST_TEST(source.taken() == source.connections.size());
        expect_silent();
    }
    /// Nothing happens on a lost link any more, whatever is asked.
    void expect_silent() {
        sender->go_on();
        advance(1min);
        turn(3);
        BOOST_TEST(source.frozen() == 0U);
        BOOST_TEST(source.times_lost == 1);
        if (peer->socket) BOOST_TEST(peer->is_closed());
    }
    void die() { peer->socket.reset(); }

    GivingSource source;
    std::optional<RawPeer> peer;
    std::optional<HandOverSender> sender;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(hand_over_sender, Predecessor)

BOOST_AUTO_TEST_CASE(nothing_is_frozen_before_the_successor_has_said_what_it_takes) {
    source.add_many(3);
    sender->go_on();
    advance(1h);
    BOOST_TEST(source.frozen() == 0U);
    BOOST_TEST(!sender->is_lost());
}

BOOST_AUTO_TEST_CASE(a_window_leaves_when_it_is_acknowledged_and_not_before) {
    const auto offered = offer(3);
    BOOST_TEST(peer->descriptors.size() == 6U);
    BOOST_REQUIRE(peer->say(ReadyMessage{offered.window, all_taken(3)}));
    turn(2);
    BOOST_TEST((peer->hear_a<CommitMessage>() == CommitMessage{offered.window}));
    BOOST_TEST(source.frozen() == 3U);
    BOOST_TEST(!sender->is_idle());
    BOOST_REQUIRE(peer->say(budget(offered.window)));
    turn();
    BOOST_TEST(source.taken() == 3U);
    BOOST_TEST(sender->is_idle());
}

BOOST_AUTO_TEST_CASE(those_refused_go_on_as_soon_as_the_others_are_committed) {
    const auto offered = offer(3);
    BOOST_REQUIRE(peer->say(ReadyMessage{offered.window, std::string{"\0\3\0", 3}}));
    turn();
    BOOST_TEST(source.live() == 1U);
    BOOST_TEST(source.frozen() == 2U);
    BOOST_TEST((source.refusals.at(1) == Refusal::no_place));
}

BOOST_AUTO_TEST_CASE(two_windows_never_overlap) {
    const auto offered = offer(3);
    source.add_many(3);
    sender->go_on();
    turn(5);
    BOOST_TEST(source.frozen() == 3U);
    BOOST_REQUIRE(peer->say(ReadyMessage{offered.window, all_taken(3)}));
    sender->go_on();
    turn(5);
    BOOST_TEST(source.frozen() == 3U);
    peer->hear_a<CommitMessage>();
    BOOST_TEST(peer->hear().empty());
    BOOST_REQUIRE(peer->say(budget(offered.window)));
    turn(5);
    BOOST_TEST(source.taken() == 3U);
    BOOST_TEST(peer->hear_a<OfferMessage>().window == offered.window + 1);
}

BOOST_AUTO_TEST_CASE(a_successor_that_dies_first_of_all_changes_nothing) {
    source.add_many(3);
    die();
    turn(2);
    expect_all_kept(Reason::closed);
}

BOOST_AUTO_TEST_CASE(a_successor_that_dies_after_its_budget_changes_nothing) {
    source.add_many(3);
    BOOST_REQUIRE(peer->say(budget(0)));
    die();
    turn(5);
    BOOST_TEST(sender->is_lost());
    BOOST_TEST(source.live() == 3U);
}

BOOST_AUTO_TEST_CASE(a_successor_that_dies_after_any_piece_leaves_everything_where_it_was) {
    offer(10, 100'000);  // the first piece has been heard
    for (std::size_t heard = 1; heard < 5; ++heard) {
        BOOST_TEST(!peer->hear().empty());
        turn(2);
    }
    BOOST_TEST(source.frozen() == 10U);
    die();
    turn(2);
    BOOST_TEST(source.live() == 10U);
    expect_all_kept(Reason::reset);
}

BOOST_AUTO_TEST_CASE(a_successor_that_dies_before_ready_leaves_everything_where_it_was) {
    offer(3);
    die();
    turn(2);
    expect_all_kept(Reason::closed);
}

BOOST_AUTO_TEST_CASE(a_successor_that_dies_after_ready_has_taken_nothing) {
    const auto offered = offer(3);
    BOOST_REQUIRE(peer->say(ReadyMessage{offered.window, all_taken(3)}));
    die();
    turn(3);
    // COMMIT cannot be sent any more.
    expect_all_kept(Reason::closed);
}

BOOST_AUTO_TEST_CASE(a_successor_that_dies_without_having_read_commit_has_taken_nothing) {
    const auto offered = offer(3);
    BOOST_REQUIRE(peer->say(ReadyMessage{offered.window, all_taken(3)}));
    turn(2);
    BOOST_TEST(source.frozen() == 3U);
    die();  // COMMIT is in its socket
    turn(2);
    expect_all_kept(Reason::reset);
}

BOOST_AUTO_TEST_CASE(a_successor_that_dies_after_it_has_read_commit_dies_with_what_it_took) {
    const auto offered = offer(3);
    BOOST_REQUIRE(peer->say(ReadyMessage{offered.window, all_taken(3)}));
    turn(2);
    peer->hear_a<CommitMessage>();
    die();
    turn(2);
    // It may have sealed with the keys: nobody else may.
    expect_all_taken(Reason::closed);
}

BOOST_AUTO_TEST_CASE(an_acknowledgement_counts_though_its_sender_is_dead) {
    const auto offered = offer(3);
    BOOST_REQUIRE(peer->say(ReadyMessage{offered.window, all_taken(3)}));
    turn(2);
    peer->hear_a<CommitMessage>();
    BOOST_REQUIRE(peer->say(budget(offered.window)));
    die();
    turn(4);
    BOOST_TEST(sender->totals().moved == 3U);
    expect_all_taken(Reason::closed);
}

BOOST_AUTO_TEST_CASE(a_silent_successor_is_waited_for_one_second) {
    offer(3);
    advance(HandOverSender::ready_patience - 100ms);
    BOOST_TEST(source.frozen() == 3U);
    advance(200ms);
    expect_all_kept(Reason::timed_out);
}

BOOST_AUTO_TEST_CASE(a_successor_that_reads_nothing_is_waited_for_as_long) {
    for (int i = 0; i < 10; ++i) source.add(1, std::string(100'000, 'x'));
    BOOST_REQUIRE(peer->say(budget(0)));
    turn(5);
    BOOST_TEST(source.frozen() == 10U);
    advance(HandOverSender::ready_patience + 100ms);
    BOOST_TEST(source.live() == 10U);
    BOOST_TEST((sender->why_lost() == Reason::timed_out));
}

BOOST_AUTO_TEST_CASE(a_ready_that_is_there_when_the_deadline_passes_counts) {
    const auto offered = offer(3);
    BOOST_REQUIRE(peer->say(ReadyMessage{offered.window, all_taken(3)}));
    advance(1h);
    BOOST_TEST(!sender->is_lost());
    BOOST_TEST((peer->hear_a<CommitMessage>() == CommitMessage{offered.window}));
}

BOOST_AUTO_TEST_CASE(a_successor_that_never_acknowledges_keeps_what_was_committed_to_it) {
    const auto offered = offer(3);
    BOOST_REQUIRE(peer->say(ReadyMessage{offered.window, all_taken(3)}));
    turn(2);
    advance(HandOverSender::acknowledgement_patience - 100ms);
    BOOST_TEST(source.frozen() == 3U);
    advance(200ms);
    BOOST_TEST(source.taken() == 3U);
    BOOST_TEST((sender->why_lost() == Reason::timed_out));
}

BOOST_AUTO_TEST_CASE(only_a_budget_that_is_meant_for_now_is_a_first_word) {
    const std::string one_taken = all_taken(1);  // a message only views it
    const std::vector<HandOverMessage> wrong{
        ReadyMessage{1, one_taken}, CommitMessage{1}, OfferMessage{1, 1, 0, 8, 0, "12345678"},
        BudgetMessage{1, 1, 1, 10, 0xFFFF}, BudgetMessage{0, 2, 3, 10, 0xFFFF}};
    for (const auto& message : wrong) {
        Predecessor one;
        one.source.add_many(2);
        BOOST_REQUIRE(one.peer->say(message));
        one.turn(2);
        one.expect_all_kept(Reason::bad_message);
    }
}

BOOST_AUTO_TEST_CASE(a_later_version_that_speaks_ours_as_well_is_understood) {
    source.add();
    BOOST_REQUIRE(peer->say(BudgetMessage{0, 1, 7, 10, 0xFFFF}));
    turn(3);
    BOOST_TEST(source.frozen() == 1U);
}

BOOST_AUTO_TEST_CASE(any_other_word_than_ready_for_this_window_keeps_everything) {
    const std::string two = all_taken(2), three = all_taken(3), four = all_taken(4);
    const std::vector<HandOverMessage> wrong{ReadyMessage{2, three},
                                             ReadyMessage{1, two},
                                             ReadyMessage{1, four},
                                             ReadyMessage{0xFFFF, three},
                                             budget(0),
                                             budget(1),
                                             CommitMessage{1},
                                             OfferMessage{1, 1, 0, 8, 0, "12345678"}};
    for (const auto& message : wrong) {
        Predecessor one;
        one.offer(3);
        // A message of other counts views texts that are gone by now; these are as long.
        BOOST_REQUIRE(one.peer->say(message));
        one.turn(2);
        one.expect_all_kept(Reason::bad_message);
    }
}

BOOST_AUTO_TEST_CASE(a_ready_before_the_last_piece_keeps_everything) {
    const auto offered = offer(10, 100'000);
    BOOST_REQUIRE(peer->say(ReadyMessage{offered.window, all_taken(10)}));
    turn(2);
    BOOST_TEST(source.live() == 10U);
    BOOST_TEST((sender->why_lost() == Reason::bad_message));
}

BOOST_AUTO_TEST_CASE(a_word_while_there_is_nothing_to_say_ends_the_line) {
    BOOST_REQUIRE(peer->say(budget(0)));
    turn(3);
    BOOST_REQUIRE(peer->say(budget(0)));
    turn(2);
    expect_all_kept(Reason::bad_message);
}

BOOST_AUTO_TEST_CASE(a_ready_that_comes_twice_ends_the_line_with_the_window_taken) {
    const auto offered = offer(3);
    BOOST_REQUIRE(peer->say(ReadyMessage{offered.window, all_taken(3)}));
    BOOST_REQUIRE(peer->say(ReadyMessage{offered.window, all_taken(3)}));
    turn(4);
    expect_all_taken(Reason::bad_message);
}

BOOST_AUTO_TEST_CASE(every_flipped_bit_and_every_cut_of_ready_keeps_everything_or_answers_for_it) {
    const std::string whole = RawPeer::packet_of(ReadyMessage{1, all_taken(2)});
    const std::size_t before = open_descriptors();
    for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
        Predecessor one;
        one.offer(2);
        std::string flipped = whole;
        flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
        BOOST_REQUIRE(one.peer->say(flipped));
        one.turn(2);
        if (bit / 8 < message_head_size) {
            one.expect_all_kept(Reason::bad_message);
        } else {
            BOOST_TEST(one.source.refusals.size() == 1U);
            BOOST_TEST(one.source.frozen() == 1U);
        }
    }
    for (std::size_t length = 1; length < whole.size(); ++length) {
        Predecessor one;
        one.offer(2);
        BOOST_REQUIRE(one.peer->say(whole.substr(0, length)));
        one.turn(2);
        one.expect_all_kept(Reason::bad_message);
    }
    BOOST_TEST(open_descriptors() == before);
}

BOOST_AUTO_TEST_CASE(every_flipped_bit_and_every_cut_of_the_first_budget_freezes_nothing_for_nobody) {
    const std::string whole = RawPeer::packet_of(budget(0));
    for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
        Predecessor one;
        one.source.add_many(2);
        std::string flipped = whole;
        flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
        BOOST_REQUIRE(one.peer->say(flipped));
        one.turn(3);
        BOOST_TEST(one.source.live() + one.source.frozen() == 2U);
        one.die();
        one.turn(2);
        BOOST_TEST(one.source.live() == 2U);
    }
    for (std::size_t length = 1; length < whole.size(); ++length) {
        Predecessor one;
        one.source.add_many(2);
        BOOST_REQUIRE(one.peer->say(whole.substr(0, length)));
        one.turn(2);
        one.expect_all_kept(Reason::bad_message);
    }
}

BOOST_AUTO_TEST_CASE(garbage_too_long_packets_and_descriptors_keep_everything) {
    const std::size_t before = open_descriptors();
    for (const std::string& garbage : {std::string("hello"), std::string(24, '\0'), std::string(60'000, 'x'),
                                       RawPeer::packet_of(ReadyMessage{1, all_taken(2)}) + "x"}) {
        Predecessor one;
        one.offer(2);
        BOOST_REQUIRE(one.peer->say(garbage));
        one.turn(2);
        one.expect_all_kept(Reason::bad_message);
    }
    {
        Predecessor one;
        one.offer(2);
        BOOST_REQUIRE(one.peer->say(ReadyMessage{1, all_taken(2)}, {0, 1, 2}));
        one.turn(2);
        one.expect_all_kept(Reason::bad_message);
    }
    BOOST_TEST(open_descriptors() == before);
}

BOOST_AUTO_TEST_CASE(a_sender_that_is_destroyed_keeps_what_is_not_committed) {
    offer(3);
    sender.reset();
    BOOST_TEST(source.live() == 3U);
    BOOST_TEST(source.times_lost == 0);
}

BOOST_AUTO_TEST_CASE(a_sender_that_is_destroyed_lets_go_of_what_is_committed) {
    const auto offered = offer(3);
    BOOST_REQUIRE(peer->say(ReadyMessage{offered.window, std::string{"\0\3\0", 3}}));
    turn(2);
    sender.reset();
    BOOST_TEST(source.taken() == 2U);
    BOOST_TEST(source.live() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()
