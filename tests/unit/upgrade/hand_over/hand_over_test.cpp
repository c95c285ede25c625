// Both sides of a hand-over, each on a loop of its own.
#include "tests/unit/upgrade/hand_over/hand_over_world.h"

using namespace baton;
using namespace baton::upgrade;
using namespace baton::upgrade::test;

namespace {

constexpr std::size_t most = HandOverSender::ordinary_window;

struct TwoWorkers {
    TwoWorkers() {
        auto ends = socket_pair();
        sender.emplace(*old_worker.loop, std::move(ends.first), source);
        receiver.emplace(*young_worker.loop, std::move(ends.second), sink);
    }
    void start() {
        BOOST_REQUIRE(sender->start().has_value());
        BOOST_REQUIRE(receiver->start().has_value());
    }
    void turn(int times) {
        for (int i = 0; i < times; ++i) {
            old_worker.turn();
            young_worker.turn();
        }
    }
    /// As many turns as many windows take.
    void hand_over_all() {
        if (!receiver->moved()) start();
        sender->go_on();
        turn(200);
    }
    /// Each connection is in exactly one place, and works there.
    void expect_moved(std::size_t count) {
        BOOST_TEST(sender->totals().moved == count);
        BOOST_TEST(receiver->moved() == count);
        BOOST_TEST(source.taken() == count);
        BOOST_TEST(source.frozen() == 0U);
        BOOST_TEST(sink.arrived.size() == count);
        BOOST_TEST(sink.holding == 0);
        BOOST_TEST(sender->is_idle());
        for (const auto& connection : source.connections) {
            const bool moved = sink.arrived.contains(connection->id);
            BOOST_TEST(moved == (connection->state == Connection::State::taken));
            if (moved) BOOST_TEST((sink.arrived[connection->id].payload == connection->payload));
        }
    }
    /// What a client writes is read by whoever has the connection; each has as many as it was given.
    void expect_working(std::size_t descriptors_each) {
        for (std::size_t i = 0; i < source.connections.size(); ++i) {
            const Connection& connection = *source.connections[i];
            auto& ends = connection.state == Connection::State::taken ? sink.arrived[i].ends
                                                                      : source.connections[i]->ends;
            BOOST_REQUIRE(ends.size() == descriptors_each);
            for (std::size_t k = 0; k < descriptors_each; ++k) {
                const auto number = static_cast<std::uint32_t>(i * descriptors_each + k);
                std::uint32_t heard = 0;
                BOOST_TEST(::send(source.far[number].get(), &number, sizeof number, MSG_NOSIGNAL) == 4);
                BOOST_TEST(::recv(ends[k].get(), &heard, sizeof heard, MSG_DONTWAIT) == 4);
                BOOST_TEST(heard == number);
            }
        }
    }

    GivingSource source;
    TakingSink sink;
    StillLoop old_worker, young_worker;
    std::optional<HandOverSender> sender;
    std::optional<HandOverReceiver> receiver;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(hand_over, TwoWorkers)

BOOST_AUTO_TEST_CASE(one_connection_crosses_with_its_state_and_both_descriptors) {
    source.add(2, "what a successor must know");
    hand_over_all();
    expect_moved(1);
    expect_working(2);
    BOOST_TEST(sender->totals().windows == 1U);
}

BOOST_AUTO_TEST_CASE(nothing_to_give_is_no_window) {
    hand_over_all();
    BOOST_TEST(sender->totals().windows == 0U);
    BOOST_TEST(!sender->is_lost());
}

BOOST_AUTO_TEST_CASE(what_does_not_fit_into_a_window_goes_with_the_next) {
    source.add_many(most, 2);
    hand_over_all();
    expect_moved(most);
    BOOST_TEST(sender->totals().windows == 1U);
    source.add_many(most + 1, 2);
    hand_over_all();
    expect_moved(2 * most + 1);
    BOOST_TEST(sender->totals().windows == 3U);
    expect_working(2);
}

BOOST_AUTO_TEST_CASE(connections_of_twenty_windows_cross_and_leave_no_descriptor_behind) {
    source.add_many(20 * most);
    const std::size_t before = open_descriptors();
    hand_over_all();
    expect_moved(20 * most);
    BOOST_TEST(sender->totals().windows == 20U);
    BOOST_TEST(open_descriptors() == before);
    expect_working(1);
}

BOOST_AUTO_TEST_CASE(a_turn_freezes_no_more_than_one_window) {
    source.add_many(300);
    start();
    turn(2);
    for (int turns = 0; sender->totals().moved < 300; ++turns) {
        BOOST_REQUIRE(turns < 100);
        const std::size_t frozen_and_gone = source.frozen() + source.taken();
        old_worker.turn();
        BOOST_TEST(source.frozen() + source.taken() <= frozen_and_gone + most);
        BOOST_TEST(source.frozen() <= most);
        young_worker.turn();
    }
}

BOOST_AUTO_TEST_CASE(parcels_of_300_kilobytes_cross_in_pieces_though_the_socket_holds_fewer) {
    for (int i = 0; i < 10; ++i) source.add(2, std::string(300'000, static_cast<char>('a' + i)));
    hand_over_all();
    expect_moved(10);
    expect_working(2);
    BOOST_TEST(sender->totals().windows == 3U);  // four parcels are more than a mebibyte
}

BOOST_AUTO_TEST_CASE(a_parcel_of_two_mebibytes_crosses_and_a_larger_one_stays_and_is_not_offered_again) {
    constexpr std::size_t around = parcel_head_size + 6 + 8 + 6;  // head, number, head of the text
    source.add(1, std::string(longest_parcel - around, 'x'));
    source.add(1, std::string(longest_parcel - around + 1, 'x'));
    source.add(1);
    hand_over_all();
    expect_moved(2);
    BOOST_TEST((source.refusals.at(1) == Refusal::unsupported));
    BOOST_TEST(source.connections[1]->times_kept == 1);
    BOOST_TEST(sender->totals().refused == 1U);
    expect_working(1);
}

BOOST_AUTO_TEST_CASE(behind_a_window_of_parcels_that_are_too_large_the_others_are_found) {
    for (std::size_t i = 0; i < most + 1; ++i) source.add(3);
    source.add(1);
    hand_over_all();
    BOOST_TEST(sender->totals().moved == 1U);
    BOOST_TEST(sender->totals().refused == most + 1);
}

BOOST_AUTO_TEST_CASE(those_refused_in_the_middle_of_a_window_go_on_where_they_are) {
    source.add_many(300, 2);
    sink.refusing[5] = Refusal::no_place;
    sink.refusing[most - 1] = Refusal::malformed;
    sink.refusing[most] = Refusal::out_of_descriptors;
    sink.refusing[299] = Refusal::unsupported;
    hand_over_all();
    expect_moved(296);
    BOOST_TEST((source.refusals == sink.refusing));
    BOOST_TEST(sender->totals().refused == 4U);
    BOOST_TEST(source.connections[5]->times_kept == 1);
    expect_working(2);
}

BOOST_AUTO_TEST_CASE(a_window_that_is_refused_whole_does_not_end_the_line) {
    source.add_many(2);
    sink.refusing = {{0, Refusal::no_place}, {1, Refusal::no_place}};
    hand_over_all();
    expect_moved(0);
    BOOST_TEST(source.refusals.size() == 2U);
    source.add();
    sender->go_on();
    turn(20);
    BOOST_TEST(sender->totals().moved == 1U);
}

BOOST_AUTO_TEST_CASE(kinds_that_the_successor_does_not_understand_are_not_offered) {
    source.add(1).its_kind = fancy;
    source.add(1);
    hand_over_all();
    expect_moved(1);
    BOOST_TEST(source.connections[0]->times_kept == 0);
    BOOST_TEST(source.refusals.empty());
}

BOOST_AUTO_TEST_CASE(what_becomes_movable_later_is_offered_when_it_is_said) {
    hand_over_all();
    source.add();
    turn(5);
    sender->go_on();
    BOOST_TEST(source.frozen() == 0U, "nothing is frozen inside the caller");
    turn(20);
    BOOST_TEST(sender->totals().moved == 1U);
}

BOOST_AUTO_TEST_CASE(a_successor_without_free_descriptors_is_offered_nothing) {
    sink.free = 0;
    source.add_many(3);
    hand_over_all();
    expect_moved(0);
    BOOST_TEST(source.connections[0]->times_kept == 0);
    BOOST_TEST(!sender->is_lost());
}

BOOST_AUTO_TEST_CASE(one_free_descriptor_is_enough_for_a_connection_with_one) {
    sink.free = 1;
    source.add_many(3, 1);
    hand_over_all();
    expect_moved(3);
    BOOST_TEST(sender->totals().windows == 3U);
}

BOOST_AUTO_TEST_CASE(one_free_descriptor_is_too_few_for_a_connection_with_two) {
    sink.free = 1;
    source.add_many(3, 2);
    hand_over_all();
    expect_moved(0);
    BOOST_TEST(source.refusals.empty());
    BOOST_TEST(!sender->is_lost());
    expect_working(2);
}

BOOST_AUTO_TEST_CASE(windows_keep_to_the_budget) {
    sink.free = 3;
    source.add_many(4, 2);
    hand_over_all();
    expect_moved(4);
    BOOST_TEST(sender->totals().windows == 4U);
    sink.free = 50;
    source.add_many(60, 2);
    hand_over_all();
    // The budget that was known when the first of these began was still 3.
    expect_moved(64);
    BOOST_TEST(sender->totals().windows == 4U + 1 + 3);
    expect_working(2);
}

BOOST_AUTO_TEST_CASE(a_budget_that_is_used_up_ends_the_moving_and_not_the_line) {
    sink.free = most + 4;
    sink.arrivals_count = true;
    source.add_many(most + 74);
    hand_over_all();
    expect_moved(most + 4);
    BOOST_TEST(sender->totals().windows == 2U);
    BOOST_TEST(source.live() == 70U);
    BOOST_TEST(!sender->is_lost());
    expect_working(1);
}

BOOST_AUTO_TEST_CASE(the_longest_freeze_is_measured_from_the_first_frozen_to_the_end) {
    source.add_many(3);
    sink.refusing[1] = Refusal::no_place;
    start();
    turn(1);  // BUDGET
    old_worker.turn();
    BOOST_TEST(source.frozen() == 3U);
    young_worker.turn(2);
    old_worker.clock.advance(std::chrono::milliseconds{7});
    old_worker.turn();  // COMMIT
    BOOST_TEST(source.frozen() == 2U);
    BOOST_TEST((sender->totals().longest_freeze == std::chrono::milliseconds{7}));
    young_worker.turn(2);
    old_worker.clock.advance(std::chrono::milliseconds{2});
    old_worker.turn(2);
    BOOST_TEST(source.frozen() == 0U);
    BOOST_TEST((sender->totals().longest_freeze == std::chrono::milliseconds{9}));
}

BOOST_AUTO_TEST_CASE(a_successor_that_never_turns_gets_its_last_window_kept) {
    for (int i = 0; i < 12; ++i) source.add(1, std::string(100'000, 'x'));
    start();
    turn(1);
    old_worker.turn(3);
    BOOST_TEST(source.frozen() == 11U);
    old_worker.advance(HandOverSender::ready_patience + TimerWheel::tick);
    BOOST_TEST((sender->why_lost() == Reason::timed_out));
    BOOST_TEST(source.live() == 12U);
    young_worker.turn(5);
    BOOST_TEST(receiver->is_over());
    BOOST_TEST(sink.arrived.empty());
    expect_working(1);
}

BOOST_AUTO_TEST_SUITE_END()
