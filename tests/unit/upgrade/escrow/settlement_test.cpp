#include "upgrade/escrow/settlement.h"

#include "tests/unit/upgrade/hand_over/hand_over_world.h"

#include <map>

using namespace baton;
using namespace baton::upgrade;
using namespace baton::upgrade::test;

namespace {

/// A worker that lives.
struct Heir {
    TakingSink sink;
    std::unique_ptr<HandOverReceiver> receiver;
};

struct World : StillLoop {
    /// What a dead worker has left: so many connections, of which the test keeps the far ends.
    escrow::Estate estate(std::uint32_t count, ParcelKind kind = plain) {
        auto memory = std::move(*escrow::EscrowMemory::map(*escrow::EscrowMemory::create(count)));
        escrow::Estate left{std::move(memory), {}, 0};
        for (std::uint32_t cell = 0; cell < count; ++cell) {
            const escrow::Place place{cell, cell + 1};
            SecretBuffer bytes;
            FieldWriter fields{bytes};
            fields.number(1, cell);
            fields.text(2, "state");
            BOOST_REQUIRE(left.memory.write(place, kind, bytes.view()));
            left.memory.validate(place);
            escrow::Estate::Piece piece{place, {}};
            for (Fd& socket : piece.sockets) {
                auto ends = socket_pair();
                socket = std::move(ends.first);
                far.push_back(std::move(ends.second));
            }
            left.pieces.push_back(std::move(piece));
        }
        return left;
    }
    Settlement& adopt(escrow::Estate left) {
        const Heirs those{[this] {
                              std::vector<std::uint32_t> ready;
                              for (const auto& [index, heir] : heirs) ready.push_back(index);
                              return ready;
                          },
                          [this](Fd link, std::uint32_t index) { links[index] = std::move(link); }};
        adoption = std::make_unique<Settlement>(*loop, std::move(left), those, [this] { ++times_over; });
        return *adoption;
    }
    /// The worker takes the link that it was given.
    void begin(std::uint32_t index) {
        auto& heir = heirs[index];
        heir.receiver = std::make_unique<HandOverReceiver>(*loop, std::move(links[index]),
                                                           static_cast<HandOverSink&>(heir.sink));
        BOOST_REQUIRE(heir.receiver->start().has_value());
    }
    /// Closed on our side for good: neither the master nor an heir has it.
    std::size_t closed() {
        return static_cast<std::size_t>(std::ranges::count_if(far, [](const Fd& end) {
            char byte = 0;
            return ::recv(end.get(), &byte, 1, MSG_DONTWAIT) == 0;
        }));
    }
    /// Has said so, once.
    bool is_over() {
        advance(TimerWheel::tick);
        return times_over == 1;
    }
    std::map<std::uint32_t, Heir> heirs;
    std::map<std::uint32_t, Fd> links;
    std::vector<Fd> far;
    std::unique_ptr<Settlement> adoption;
    int times_over = 0;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(settlement)

BOOST_AUTO_TEST_CASE(every_connection_goes_on_in_an_heir_with_both_its_sockets) {
    World world;
    world.heirs[1];
    auto& adoption = world.adopt(world.estate(100));
    world.begin(1);
    world.turn(60);
    BOOST_TEST(adoption.adopted() == 100U);
    BOOST_TEST(adoption.lost() == 0U);
    BOOST_TEST(world.is_over());
    auto& arrived = world.heirs[1].sink.arrived;
    BOOST_REQUIRE(arrived.size() == 100U);
    BOOST_TEST(arrived[99].payload == "state");
    BOOST_TEST(arrived[99].ends.size() == 2U);
    BOOST_TEST(world.closed() == 0U);
}

BOOST_AUTO_TEST_CASE(heirs_share_what_is_there) {
    World world;
    world.heirs[0];
    world.heirs[2];
    world.adopt(world.estate(200));
    world.begin(0);
    world.begin(2);
    world.turn(60);
    const std::size_t first = world.heirs[0].sink.arrived.size();
    BOOST_TEST(first + world.heirs[2].sink.arrived.size() == 200U);
    BOOST_TEST((first > 0U && first < 200U));
}

BOOST_AUTO_TEST_CASE(without_an_heir_it_waits_for_the_replacement) {
    World world;
    auto& adoption = world.adopt(world.estate(3));
    world.turn(5);
    BOOST_TEST(!world.is_over());
    world.heirs[0];
    adoption.go_on();
    world.begin(0);
    world.turn(20);
    BOOST_TEST(world.is_over());
    BOOST_TEST(adoption.adopted() == 3U);
}

BOOST_AUTO_TEST_CASE(without_any_heir_in_time_everything_is_closed) {
    World world;
    auto& adoption = world.adopt(world.estate(3));
    world.advance(std::chrono::seconds{31});
    world.turn(3);
    BOOST_TEST(adoption.lost() == 3U);
    BOOST_TEST(world.is_over());
    BOOST_TEST(world.closed() == 6U);
}

BOOST_AUTO_TEST_CASE(what_an_heir_refuses_is_closed) {
    World world;
    world.heirs[0].sink.refusing[1] = Refusal::no_place;
    auto& adoption = world.adopt(world.estate(3));
    world.begin(0);
    world.turn(20);
    BOOST_TEST(adoption.adopted() == 2U);
    BOOST_TEST(adoption.lost() == 1U);
    BOOST_TEST(world.is_over());
    BOOST_TEST(world.closed() == 2U);
}

BOOST_AUTO_TEST_CASE(a_kind_that_no_heir_knows_is_closed) {
    World world;
    world.heirs[0];
    auto& adoption = world.adopt(world.estate(2, fancy));
    world.begin(0);
    world.turn(20);
    BOOST_TEST(adoption.lost() == 2U);
    BOOST_TEST(world.closed() == 4U);
}

BOOST_AUTO_TEST_CASE(what_was_under_way_to_an_heir_that_died_goes_to_the_next_one) {
    World world;
    world.heirs[0];
    auto& adoption = world.adopt(world.estate(10));
    RawPeer dying{std::move(world.links[0])};
    dying.say(budget(0));
    world.turn(5);
    dying.hear_a<OfferMessage>();
    dying.descriptors.clear();
    dying.socket.reset();
    world.turn(3);
    BOOST_TEST(world.closed() == 0U);
    world.advance(std::chrono::seconds{1});
    world.turn(3);
    world.begin(0);
    world.turn(20);
    BOOST_TEST(adoption.adopted() == 10U);
}

BOOST_AUTO_TEST_CASE(what_two_heirs_have_died_of_is_not_offered_to_a_third) {
    World world;
    world.heirs[0];
    auto& adoption = world.adopt(world.estate(10));
    for (int death = 0; death < 2; ++death) {
        RawPeer dying{std::move(world.links[0])};
        dying.say(budget(0));
        world.turn(5);
        dying.hear_a<OfferMessage>();
        dying.descriptors.clear();
        dying.socket.reset();
        world.turn(3);
        world.advance(std::chrono::seconds{1});
        world.turn(3);
    }
    BOOST_TEST(adoption.lost() == 10U);
    BOOST_TEST(world.closed() == 20U);
    BOOST_TEST(world.is_over());
}

BOOST_AUTO_TEST_CASE(what_an_heir_may_have_touched_is_nobody_elses_any_more) {
    World world;
    world.heirs[0];
    auto& adoption = world.adopt(world.estate(10));
    RawPeer dying{std::move(world.links[0])};
    dying.say(budget(0));
    world.turn(5);
    dying.hear_a<OfferMessage>();
    dying.say(ReadyMessage{1, std::string_view{"\0\0\0\0\0\0\0\0\0\0", 10}});
    world.turn(5);
    dying.hear_a<CommitMessage>();
    dying.descriptors.clear();
    dying.socket.reset();
    world.turn(5);
    BOOST_TEST(world.closed() == 20U);
    BOOST_TEST(world.is_over());
    BOOST_TEST(adoption.adopted() + adoption.lost() == 10U);
}

BOOST_AUTO_TEST_CASE(given_up_in_the_middle_it_closes_what_is_left) {
    World world;
    world.heirs[0];
    world.adopt(world.estate(10));
    RawPeer silent{std::move(world.links[0])};
    silent.say(budget(0));
    world.turn(5);
    silent.hear_a<OfferMessage>();
    silent.descriptors.clear();
    world.adoption.reset();
    BOOST_TEST(world.closed() == 20U);
}

BOOST_AUTO_TEST_SUITE_END()
