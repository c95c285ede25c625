#include "proxy/websocket/close_schedule.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <vector>

using namespace std::chrono_literals;
using baton::Duration;
using baton::TimePoint;
using baton::websocket::CloseSchedule;

namespace {

const TimePoint deadline{1000s};

}  // namespace

BOOST_AUTO_TEST_SUITE(close_schedule)

BOOST_AUTO_TEST_CASE(closes_are_spread_evenly_over_the_window) {
    const CloseSchedule schedule(deadline, 30s);
    BOOST_TEST((schedule.due(0, 3) == deadline));
    BOOST_TEST((schedule.due(1, 3) - deadline > 9999ms && schedule.due(1, 3) - deadline < 10001ms));
    BOOST_TEST((schedule.due(2, 3) < schedule.end()));
    for (std::uint64_t i = 1; i < 1000; ++i)
        BOOST_REQUIRE((schedule.due(i, 1000) > schedule.due(i - 1, 1000)));
}

BOOST_AUTO_TEST_CASE(any_run_of_ids_is_spread_evenly_too) {
    const CloseSchedule schedule(deadline, 30s);
    for (const std::uint64_t first : {std::uint64_t{0}, std::uint64_t{123'456'789'012}}) {
        std::vector<int> seconds(30);
        for (std::uint64_t id = first; id < first + 3000; ++id) {
            const Duration after = schedule.due(id) - deadline;
            BOOST_REQUIRE((after >= 0s && after < 30s));
            ++seconds[static_cast<std::size_t>(after / 1s)];
        }
        BOOST_TEST(*std::ranges::min_element(seconds) > 90);
        BOOST_TEST(*std::ranges::max_element(seconds) < 110);
    }
}

BOOST_AUTO_TEST_CASE(without_a_window_everything_closes_at_the_deadline) {
    const CloseSchedule schedule(deadline, 0s);
    BOOST_TEST((schedule.due(7, 10) == deadline));
    BOOST_TEST((schedule.due(7) == deadline));
    BOOST_TEST((CloseSchedule(deadline, 30s).due(0, 0) == deadline));
}

BOOST_AUTO_TEST_CASE(a_window_of_days_does_not_overflow) {
    const CloseSchedule schedule(deadline, 240h);
    BOOST_TEST((schedule.due(1, 2) == deadline + 120h));
    BOOST_TEST((schedule.due(999, 1000) < schedule.end()));
}

BOOST_AUTO_TEST_SUITE_END()
