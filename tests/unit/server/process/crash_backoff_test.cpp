#include "server/process/crash_backoff.h"

#include <boost/test/unit_test.hpp>

using namespace baton;
using namespace std::chrono_literals;

namespace {

struct Worker {
    Duration dies_after(Duration life) {
        const TimePoint started = now;
        now += life;
        const Duration wait = backoff.after_death(started, now);
        now += wait;
        return wait;
    }
    CrashBackoff backoff;
    TimePoint now{1000s};
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(crash_backoff, Worker)

BOOST_AUTO_TEST_CASE(the_first_five_deaths_are_answered_at_once) {
    for (int i = 0; i < 5; ++i) BOOST_TEST((dies_after(10ms) == 0ms));
    BOOST_TEST((dies_after(10ms) == 100ms));
}

BOOST_AUTO_TEST_CASE(a_crash_loop_is_slowed_down_to_one_start_in_five_seconds) {
    for (int i = 0; i < 5; ++i) dies_after(10ms);
    for (const auto wait : {100ms, 200ms, 400ms, 800ms, 1600ms, 3200ms, 5000ms, 5000ms})
        BOOST_TEST((dies_after(10ms) == wait));
}

BOOST_AUTO_TEST_CASE(ten_seconds_of_life_end_a_crash_loop) {
    for (int i = 0; i < 9; ++i) dies_after(10ms);
    BOOST_TEST((dies_after(10s) == 0ms));
    for (int i = 0; i < 4; ++i) BOOST_TEST((dies_after(10ms) == 0ms));
}

BOOST_AUTO_TEST_CASE(a_worker_that_is_killed_every_two_seconds_is_always_replaced_at_once) {
    for (int i = 0; i < 150; ++i) BOOST_TEST((dies_after(2s) == 0ms));
}

BOOST_AUTO_TEST_SUITE_END()
