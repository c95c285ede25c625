#include "server/event/timer_wheel.h"

#include <boost/test/unit_test.hpp>
#include <memory>
#include <vector>

using namespace baton;
using namespace std::chrono_literals;

namespace {

struct Wheel {
    FakeClock clock;
    TimerWheel wheel{clock.now()};
    void advance(Duration by) {
        clock.advance(by);
        wheel.advance(clock.now());
    }
};

struct Alarm {
    explicit Alarm(Wheel& wheel) : timer(Timer::calling<&Alarm::ring>(wheel.wheel, *this)) {}
    void ring() {
        ++rung;
        if (then) then();
    }
    Timer timer;
    int rung = 0;
    void (*then)() = nullptr;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(timer_wheel)

BOOST_AUTO_TEST_CASE(a_timer_never_fires_early_and_at_most_one_tick_late) {
    for (const auto after : {1ms, 49ms, 50ms, 51ms, 1000ms, 51'199ms, 51'200ms, 51'201ms, 200'000ms}) {
        Wheel wheel;
        wheel.advance(13ms);
        Alarm alarm{wheel};
        alarm.timer.arm(after);
        Duration passed{};
        while (alarm.rung == 0 && passed < after + 1s) {
            wheel.advance(1ms);
            passed += 1ms;
        }
        BOOST_TEST(alarm.rung == 1);
        BOOST_TEST((passed >= after));
        BOOST_TEST((passed <= after + TimerWheel::tick));
    }
}

BOOST_AUTO_TEST_CASE(a_deadline_that_was_moved_later_fires_only_then) {
    Wheel wheel;
    Alarm alarm{wheel};
    alarm.timer.arm(100ms);
    wheel.advance(80ms);
    alarm.timer.arm(1s);
    wheel.advance(900ms);
    BOOST_TEST(alarm.rung == 0);
    wheel.advance(200ms);
    BOOST_TEST(alarm.rung == 1);
}

BOOST_AUTO_TEST_CASE(a_deadline_that_was_moved_earlier_fires_then) {
    Wheel wheel;
    Alarm alarm{wheel};
    alarm.timer.arm(10s);
    alarm.timer.arm(100ms);
    wheel.advance(200ms);
    BOOST_TEST(alarm.rung == 1);
    wheel.advance(20s);
    BOOST_TEST(alarm.rung == 1);
}

BOOST_AUTO_TEST_CASE(a_disarmed_timer_stays_silent_and_can_be_armed_again) {
    Wheel wheel;
    Alarm alarm{wheel};
    alarm.timer.arm(100ms);
    alarm.timer.disarm();
    wheel.advance(1s);
    BOOST_TEST(alarm.rung == 0);
    alarm.timer.arm(100ms);
    wheel.advance(1s);
    BOOST_TEST(alarm.rung == 1);
}

BOOST_AUTO_TEST_CASE(a_callback_may_destroy_a_timer_that_is_due_in_the_same_tick) {
    static std::unique_ptr<Alarm> neighbour;
    Wheel wheel;
    Alarm alarm{wheel};
    neighbour = std::make_unique<Alarm>(wheel);
    alarm.then = [] { neighbour.reset(); };
    alarm.timer.arm(100ms);
    neighbour->timer.arm(100ms);
    wheel.advance(1s);
    BOOST_TEST(alarm.rung == 1);
    BOOST_TEST(!neighbour);
}

BOOST_AUTO_TEST_CASE(a_jump_over_more_than_a_turn_of_the_wheel_fires_everything_that_is_due) {
    Wheel wheel;
    std::vector<std::unique_ptr<Alarm>> alarms;
    for (int i = 0; i < 3000; ++i) {
        alarms.push_back(std::make_unique<Alarm>(wheel));
        alarms.back()->timer.arm(i * 37ms);
    }
    wheel.advance(1h);
    for (const auto& alarm : alarms) BOOST_REQUIRE(alarm->rung == 1);
}

BOOST_AUTO_TEST_CASE(the_loop_may_sleep_until_the_next_occupied_slot_and_for_ever_without_one) {
    Wheel wheel;
    BOOST_TEST(!wheel.wheel.until_next().has_value());
    Alarm alarm{wheel};
    alarm.timer.arm(3s);
    const auto wait = wheel.wheel.until_next();
    BOOST_REQUIRE(wait.has_value());
    BOOST_TEST((*wait >= 3s));
    BOOST_TEST((*wait <= 3s + TimerWheel::tick));
}

BOOST_AUTO_TEST_CASE(the_sleep_is_right_wherever_the_wheel_stands) {
    Wheel wheel;
    for (int i = 0; i < 2500; ++i) {
        Alarm alarm{wheel};
        const Duration after = (i * 7919 % 40'000) * 1ms + 1ms;
        alarm.timer.arm(after);
        const auto wait = wheel.wheel.until_next();
        BOOST_REQUIRE(wait.has_value());
        BOOST_REQUIRE((*wait <= after + TimerWheel::tick));
        wheel.advance(*wait);
        // What an earlier, destroyed timer left may wake the loop once for nothing, never too late.
        if (*wait >= after) BOOST_REQUIRE(alarm.rung == 1);
        wheel.advance(41s);
        BOOST_REQUIRE(alarm.rung == 1);
    }
}

BOOST_AUTO_TEST_SUITE_END()
