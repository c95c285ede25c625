#include "proxy/escrow/escrow.h"

#include "tests/unit/upgrade/hand_over/hand_over_world.h"

using namespace baton;
using namespace baton::escrow;
using namespace baton::upgrade::test;
using namespace std::chrono_literals;

namespace {

struct Sleeper final : hand_over::Candidate {
    explicit Sleeper(TimePoint now) : heard(now) {
        auto ends = socket_pair();
        near = std::move(ends.first);
        far = std::move(ends.second);
    }
    upgrade::ParcelKind kind() const override { return plain; }
    void pack(upgrade::FieldWriter& fields, std::vector<int>& descriptors) const override {
        fields.text(2, said);
        descriptors.insert(descriptors.end(), {near.get(), far.get()});
    }
    void on_taken() noexcept override {}
    void on_kept() noexcept override {}
    std::optional<TimePoint> quiet_since() const override {
        return busy ? std::nullopt : std::optional{heard};
    }
    Fd near, far;
    TimePoint heard;
    std::string said = "nothing yet";
    bool busy = false;
    std::unique_ptr<Deposit> deposit;
};

/// One worker's escrow with so many cells, the master in the hands of the test.
struct World : StillLoop {
    explicit World(std::uint32_t cells = 200) {
        Fd descriptor = std::move(*EscrowMemory::create(cells));
        master.emplace(std::move(*EscrowMemory::map(descriptor.duplicate())));
        auto ends = std::move(*make_escrow_channel());
        line = std::move(ends.master);
        escrow = Escrow::create(*loop, {std::move(descriptor), std::move(ends.worker)});
        turn();
    }
    Sleeper& add() {
        Sleeper& sleeper = *sleepers.emplace_back(std::make_unique<Sleeper>(loop->now()));
        sleeper.deposit = escrow->open(sleeper, sleeper.heard);
        return sleeper;
    }
    void pass(Duration time) {
        for (Duration passed{0}; passed < time; passed += 50ms) {
            advance(50ms);
            escrow->end_turn();
        }
    }
    /// What the master is told next; nothing when it is told nothing.
    std::optional<Notice> told() {
        Notice notice;
        sockets.clear();
        return hear(line.get(), notice, sockets) == HeardNotice::notice ? std::optional{notice}
                                                                        : std::nullopt;
    }
    /// What would be adopted of it.
    std::string in_memory(const Place& place) {
        const auto parcel = master->read(place);
        if (!parcel) return "stale";
        return std::string{*upgrade::FieldReader::over(parcel->fields)->text(2)};
    }
    std::optional<EscrowMemory> master;
    Fd line;
    std::vector<Fd> sockets;
    std::unique_ptr<Escrow> escrow;
    std::vector<std::unique_ptr<Sleeper>> sleepers;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(escrow_of_a_worker)

BOOST_AUTO_TEST_CASE(a_connection_that_was_quiet_for_a_second_is_deposited_with_its_sockets) {
    World world;
    Sleeper& sleeper = world.add();
    world.pass(900ms);
    BOOST_TEST(!world.told().has_value());
    world.pass(1100ms);
    const auto notice = world.told();
    BOOST_REQUIRE(notice.has_value());
    BOOST_TEST((notice->kind == Notice::Kind::deposit));
    BOOST_REQUIRE(notice->count == 1U);
    BOOST_TEST(world.sockets.size() == 2U);
    BOOST_TEST(world.in_memory(notice->places[0]) == "nothing yet");
    BOOST_TEST(sleeper.deposit->is_resting());
    BOOST_TEST(sleeper.deposit->is_held());
}

BOOST_AUTO_TEST_CASE(waking_up_invalidates_before_anything_else_can_happen) {
    World world;
    Sleeper& sleeper = world.add();
    world.pass(2s);
    const Place place = world.told()->places[0];
    sleeper.deposit->wake();
    BOOST_TEST(world.in_memory(place) == "stale");
    BOOST_TEST(!sleeper.deposit->is_resting());
    BOOST_TEST(sleeper.deposit->is_held());
}

BOOST_AUTO_TEST_CASE(one_that_falls_asleep_again_is_written_again_and_the_master_is_told_nothing) {
    World world;
    Sleeper& sleeper = world.add();
    world.pass(2s);
    const Place place = world.told()->places[0];
    sleeper.deposit->wake();
    sleeper.heard = world.loop->now();
    sleeper.said = "good night";
    world.pass(900ms);
    BOOST_TEST(world.in_memory(place) == "stale");
    world.pass(1200ms);
    BOOST_TEST(world.in_memory(place) == "good night");
    BOOST_TEST(!world.told().has_value());
}

BOOST_AUTO_TEST_CASE(one_that_is_busy_or_was_heard_meanwhile_is_left_alone) {
    World world;
    Sleeper& busy = world.add();
    Sleeper& talking = world.add();
    busy.busy = true;
    for (int i = 0; i < 10; ++i) {
        world.pass(500ms);
        talking.heard = world.loop->now();
    }
    BOOST_TEST(!world.told().has_value());
    BOOST_TEST(world.escrow->valid() == 0U);
}

BOOST_AUTO_TEST_CASE(the_master_is_told_when_a_connection_has_ended_and_nothing_of_it_is_left) {
    World world;
    Sleeper& sleeper = world.add();
    world.pass(2s);
    const Place place = world.told()->places[0];
    sleeper.deposit.reset();
    BOOST_TEST(world.in_memory(place) == "stale");
    world.escrow->end_turn();
    const auto notice = world.told();
    BOOST_REQUIRE(notice.has_value());
    BOOST_TEST((notice->kind == Notice::Kind::withdraw));
    BOOST_TEST((notice->places[0] == place));
    BOOST_TEST(world.escrow->valid() == 0U);
}

BOOST_AUTO_TEST_CASE(the_next_connection_in_a_cell_has_another_serial) {
    World world{1};
    world.add();
    world.pass(2s);
    const Place first = world.told()->places[0];
    world.sleepers[0]->deposit.reset();
    world.escrow->end_turn();
    world.told();
    world.add();
    world.pass(2s);
    const Place second = world.told()->places[0];
    BOOST_TEST(second.cell == first.cell);
    BOOST_TEST(second.serial != first.serial);
}

BOOST_AUTO_TEST_CASE(where_no_cell_is_free_it_waits_until_another_connection_ends) {
    World world{1};
    world.add();
    world.pass(2s);
    BOOST_TEST(world.told()->count == 1U);
    Sleeper& second = world.add();
    world.pass(5s);
    BOOST_TEST(!second.deposit->is_held());
    world.sleepers[0]->deposit.reset();
    world.pass(3s);
    BOOST_TEST(second.deposit->is_resting());
}

BOOST_AUTO_TEST_CASE(one_that_came_from_elsewhere_and_is_quiet_is_taken_at_the_next_look) {
    World world;
    Sleeper& sleeper = *world.sleepers.emplace_back(std::make_unique<Sleeper>(world.loop->now() - 10s));
    sleeper.deposit = world.escrow->open(sleeper, sleeper.heard);
    world.escrow->look();
    BOOST_TEST(sleeper.deposit->is_resting());
}

BOOST_AUTO_TEST_CASE(many_are_taken_in_several_looks_and_notices) {
    World world;
    for (int i = 0; i < 150; ++i) world.add();
    world.pass(2s);
    BOOST_TEST(world.escrow->valid() == 150U);
    std::size_t deposited = 0;
    for (auto notice = world.told(); notice; notice = world.told()) {
        BOOST_TEST(world.sockets.size() == 2U * notice->count);
        deposited += notice->count;
    }
    BOOST_TEST(deposited == 150U);
}

BOOST_AUTO_TEST_CASE(a_parcel_that_fits_no_cell_is_not_held) {
    World world;
    Sleeper& sleeper = world.add();
    sleeper.said.assign(EscrowMemory::longest_parcel, 'x');
    world.pass(3s);
    BOOST_TEST(!world.told().has_value());
    BOOST_TEST(!sleeper.deposit->is_held());
    world.add();
    world.pass(3s);
    BOOST_TEST(world.told()->count == 1U);
}

BOOST_AUTO_TEST_CASE(while_the_master_does_not_read_nothing_is_valid_that_it_does_not_hold) {
    World world{200};
    int told = 0;
    // Until the line is full.
    while (world.sleepers.size() < 200) {
        world.add();
        world.pass(1200ms);
    }
    for (auto notice = world.told(); notice; notice = world.told()) told += notice->count;
    BOOST_TEST(world.escrow->valid() <= 200U);
    BOOST_TEST(static_cast<std::size_t>(told) == world.escrow->valid());
    world.pass(3s);
    BOOST_TEST(world.escrow->valid() == 200U);
}

BOOST_AUTO_TEST_CASE(stopped_it_takes_nothing_new_and_resumed_it_does) {
    World world;
    world.escrow->stop();
    Sleeper& sleeper = world.add();
    world.pass(3s);
    BOOST_TEST(!sleeper.deposit->is_held());
    world.escrow->resume();
    world.pass(1s);
    BOOST_TEST(sleeper.deposit->is_resting());
}

BOOST_AUTO_TEST_CASE(without_a_master_connections_live_and_end_as_ever) {
    World world;
    Sleeper& held = world.add();
    world.pass(2s);
    world.line.reset();
    Sleeper& late = world.add();
    world.pass(3s);
    BOOST_TEST(!late.deposit->is_held());
    held.deposit->wake();
    held.deposit.reset();
    world.pass(1s);
    BOOST_TEST(world.escrow->valid() == 0U);
}

BOOST_AUTO_TEST_SUITE_END()
