#include "server/event/event_loop.h"

#include <sys/socket.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <memory>
#include <vector>

using namespace baton;
using namespace std::chrono_literals;

namespace {

struct Pair {
    Pair() {
        int ends[2];
        BOOST_REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0);
        near = Fd{ends[0]};
        far = Fd{ends[1]};
    }
    void poke() { BOOST_REQUIRE(::send(far.get(), "x", 1, 0) == 1); }
    Fd near, far;
};

struct Listener final : WatchHandler {
    void on_ready() noexcept override {
        ++calls;
        if (then) then(*this);
    }
    Watch watch;
    int calls = 0;
    void (*then)(Listener&) = nullptr;
    Listener* other = nullptr;
};

std::unique_ptr<EventLoop> make_loop() {
    return std::move(*EventLoop::create());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(event_loop)

BOOST_AUTO_TEST_CASE(readiness_is_reported_once_and_remembered_until_it_is_cleared) {
    auto loop = make_loop();
    Pair pair;
    Listener listener;
    BOOST_REQUIRE(listener.watch.start(*loop, pair.near.get(), listener).has_value());
    loop->turn(0ms);  // writable at once
    BOOST_TEST(listener.watch.writable());
    BOOST_TEST(!listener.watch.readable());
    pair.poke();
    const int before = listener.calls;
    loop->turn(0ms);
    loop->turn(0ms);
    BOOST_TEST(listener.calls == before + 1);
    BOOST_TEST(listener.watch.readable());
}

BOOST_AUTO_TEST_CASE(every_ready_descriptor_is_marked_before_anybody_is_called) {
    auto loop = make_loop();
    Pair first, second;
    Listener one, two;
    BOOST_REQUIRE(one.watch.start(*loop, first.near.get(), one).has_value());
    BOOST_REQUIRE(two.watch.start(*loop, second.near.get(), two).has_value());
    loop->turn(0ms);
    one.calls = two.calls = 0;
    one.other = &two;
    two.other = &one;
    const auto sees_the_other = [](Listener& self) {
        if (!self.other->watch.readable()) self.calls += 100;
    };
    one.then = two.then = sees_the_other;
    first.poke();
    second.poke();
    loop->turn(0ms);
    BOOST_TEST(one.calls == 1);
    BOOST_TEST(two.calls == 1);
}

BOOST_AUTO_TEST_CASE(a_watch_that_is_stopped_in_a_turn_is_not_called_in_it) {
    auto loop = make_loop();
    Pair first, second;
    Listener one, two;
    BOOST_REQUIRE(one.watch.start(*loop, first.near.get(), one).has_value());
    BOOST_REQUIRE(two.watch.start(*loop, second.near.get(), two).has_value());
    loop->turn(0ms);
    one.calls = two.calls = 0;
    one.other = &two;
    two.other = &one;
    one.then = two.then = [](Listener& self) { self.other->watch.stop(); };
    first.poke();
    second.poke();
    loop->turn(0ms);
    BOOST_TEST(one.calls + two.calls == 1);
}

BOOST_AUTO_TEST_CASE(a_handler_that_asks_is_called_again_in_the_next_turn_without_an_edge) {
    auto loop = make_loop();
    Pair pair;
    Listener listener;
    BOOST_REQUIRE(listener.watch.start(*loop, pair.near.get(), listener).has_value());
    loop->turn(0ms);
    listener.calls = 0;
    listener.then = [](Listener& self) {
        if (self.calls < 3) self.watch.call_again();
    };
    listener.watch.call_again();
    for (int i = 0; i < 5; ++i) loop->turn(0ms);
    BOOST_TEST(listener.calls == 3);
}

BOOST_AUTO_TEST_CASE(a_hang_up_of_the_peer_is_seen) {
    auto loop = make_loop();
    Pair pair;
    Listener listener;
    BOOST_REQUIRE(listener.watch.start(*loop, pair.near.get(), listener).has_value());
    pair.far.reset();
    loop->turn(0ms);
    BOOST_TEST(listener.watch.hung_up());
    BOOST_TEST(listener.watch.readable());
}

BOOST_AUTO_TEST_CASE(what_is_to_be_destroyed_lives_to_the_end_of_the_turn_even_when_asked_for_by_the_dying) {
    auto loop = make_loop();
    static std::vector<int> dead;
    dead.clear();
    struct Mortal final : Disposable {
        Mortal(EventLoop& in, int n) : loop(in), number(n) {}
        ~Mortal() override {
            dead.push_back(number);
            if (number < 3) loop.destroy_later(std::make_unique<Mortal>(loop, number + 1));
        }
        EventLoop& loop;
        int number;
    };
    loop->destroy_later(std::make_unique<Mortal>(*loop, 1));
    BOOST_TEST(dead.empty());
    loop->turn(0ms);
    BOOST_TEST(dead == (std::vector<int>{1, 2, 3}));
}

BOOST_AUTO_TEST_CASE(a_deadline_ends_the_sleep) {
    auto loop = make_loop();
    struct Owner {
        explicit Owner(EventLoop& in) : loop(in), timer(Timer::calling<&Owner::fire>(in.timers(), *this)) {}
        void fire() { loop.stop(); }
        EventLoop& loop;
        Timer timer;
    } owner{*loop};
    owner.timer.arm(1ms);
    loop->run();
    BOOST_TEST(loop->turns() > 0u);
}

BOOST_AUTO_TEST_SUITE_END()
