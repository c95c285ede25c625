#include "server/escrow/escrow_holder.h"

#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <string>
#include <utility>
#include <vector>

using namespace baton;
using namespace baton::escrow;

namespace {

struct Pair {
    Pair() {
        int ends[2];
        BOOST_REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) == 0);
        near = Fd{ends[0]};
        far = Fd{ends[1]};
    }
    bool far_sees_the_end() const {
        char byte = 0;
        return ::recv(far.get(), &byte, 1, MSG_DONTWAIT) == 0;
    }
    Fd near, far;
};

/// A connection of the worker; the test keeps the far ends.
struct Connection {
    Pair client, endpoint;
    Place place;
    std::vector<int> sockets() const { return {client.near.get(), endpoint.near.get()}; }
    /// As the worker's death does.
    void forget() {
        client.near.reset();
        endpoint.near.reset();
    }
};

struct World {
    World() : holder(std::move(*EscrowHolder::create(*loop, 8))) {
        EscrowEnds ends = holder->give_to_worker();
        memory.emplace(std::move(*EscrowMemory::map(std::move(ends.memory))));
        channel = std::move(ends.channel);
        BOOST_REQUIRE(holder->start().has_value());
    }
    void deposit(Connection& connection, Place place) {
        connection.place = place;
        memory->write(place, 3, "state");
        Notice notice{Notice::Kind::deposit, 0, {}};
        notice.add(place);
        BOOST_REQUIRE((tell(channel.get(), notice, connection.sockets()) == Told::whole));
        memory->validate(place);
    }
    void withdraw(Place place) {
        Notice notice{Notice::Kind::withdraw, 0, {}};
        notice.add(place);
        BOOST_REQUIRE((tell(channel.get(), notice) == Told::whole));
    }
    void turn() { loop->turn(Duration{0}); }
    /// The worker is dead.
    Estate die() {
        channel.reset();
        memory.reset();
        return std::move(*holder->close());
    }
    std::unique_ptr<EventLoop> loop = std::move(*EventLoop::create());
    std::unique_ptr<EscrowHolder> holder;
    std::optional<EscrowMemory> memory;
    Fd channel;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(escrow_holder)

BOOST_AUTO_TEST_CASE(a_connection_that_was_deposited_outlives_its_worker) {
    World world;
    Connection connection;
    world.deposit(connection, {0, 1});
    world.turn();
    connection.forget();
    const Estate estate = world.die();
    BOOST_REQUIRE(estate.pieces.size() == 1U);
    BOOST_TEST((estate.pieces[0].place == Place{0, 1}));
    BOOST_TEST(estate.memory.read({0, 1})->fields == "state");
    BOOST_TEST(!connection.client.far_sees_the_end());
    // The client's side is the first.
    BOOST_REQUIRE(::send(estate.pieces[0].sockets[0].get(), "!", 1, 0) == 1);
    char byte = 0;
    BOOST_TEST(::recv(connection.client.far.get(), &byte, 1, 0) == 1);
}

BOOST_AUTO_TEST_CASE(one_that_was_awake_is_closed_when_its_worker_has_died) {
    World world;
    Connection awake, asleep;
    world.deposit(awake, {0, 1});
    world.deposit(asleep, {1, 2});
    world.memory->invalidate(0);
    awake.forget();
    asleep.forget();
    const Estate estate = world.die();
    BOOST_TEST(estate.pieces.size() == 1U);
    BOOST_TEST(estate.in_motion == 1U);
    BOOST_TEST((awake.client.far_sees_the_end() && awake.endpoint.far_sees_the_end()));
    BOOST_TEST(!asleep.client.far_sees_the_end());
}

BOOST_AUTO_TEST_CASE(what_is_withdrawn_is_closed_in_the_same_turn) {
    World world;
    Connection connection;
    world.deposit(connection, {0, 1});
    world.turn();
    BOOST_TEST(world.holder->held() == 1U);
    connection.forget();
    BOOST_TEST(!connection.client.far_sees_the_end());
    world.withdraw({0, 1});
    world.turn();
    BOOST_TEST(world.holder->held() == 0U);
    BOOST_TEST((connection.client.far_sees_the_end() && connection.endpoint.far_sees_the_end()));
}

BOOST_AUTO_TEST_CASE(a_cell_that_another_connection_has_taken_is_not_adopted_with_the_sockets_of_the_first) {
    World world;
    Connection first, second;
    world.deposit(first, {0, 1});
    // The worker dies after it has written the second one down, and before it could tell the master.
    world.memory->write({0, 2}, 3, "of the second");
    world.memory->validate({0, 2});
    first.forget();
    const Estate estate = world.die();
    BOOST_TEST(estate.pieces.empty());
    BOOST_TEST(first.client.far_sees_the_end());
}

BOOST_AUTO_TEST_CASE(a_withdrawal_that_is_behind_the_times_takes_nothing_from_the_next_connection) {
    World world;
    Connection second;
    world.deposit(second, {0, 2});
    world.withdraw({0, 1});
    world.turn();
    BOOST_TEST(world.holder->held() == 1U);
}

BOOST_AUTO_TEST_CASE(what_a_worker_said_before_its_death_is_heard_after_it) {
    World world;
    Connection first, second;
    world.deposit(first, {0, 1});
    world.withdraw({0, 1});
    world.deposit(second, {0, 2});
    first.forget();
    second.forget();
    const Estate estate = world.die();
    BOOST_REQUIRE(estate.pieces.size() == 1U);
    BOOST_TEST((estate.pieces[0].place == Place{0, 2}));
    BOOST_TEST(first.client.far_sees_the_end());
}

BOOST_AUTO_TEST_CASE(there_is_room_for_two_generations_within_the_limit_of_descriptors) {
    rlimit before{};
    ::getrlimit(RLIMIT_NOFILE, &before);
    const rlimit lower{2512, before.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &lower);
    config::Process process;
    process.workers = 2;
    BOOST_TEST(cells_for_worker(process) == 0U);
    process.escrow = config::Escrow::on;
    BOOST_TEST(cells_for_worker(process) == 250U);
    ::setrlimit(RLIMIT_NOFILE, &before);
}

BOOST_AUTO_TEST_SUITE_END()
