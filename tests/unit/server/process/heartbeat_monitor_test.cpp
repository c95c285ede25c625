#include "server/process/heartbeat_monitor.h"

#include <unistd.h>

#include <boost/test/unit_test.hpp>

using namespace baton;
using namespace std::chrono_literals;

namespace {

/// Looks `count` times at a heart that stands still, with a process of that state that uses so much processor
/// time between two looks.
bool is_found_hung(char state, Duration used_per_look, int count) {
    HeartbeatMonitor monitor;
    Duration used{0};
    bool hung = monitor.is_hung(1, ProcessUsage{state, used});
    for (int look = 0; look < count; ++look)
        hung = monitor.is_hung(1, ProcessUsage{state, used += used_per_look});
    return hung;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(heartbeat_monitor)

BOOST_AUTO_TEST_CASE(a_worker_that_sleeps_or_is_stopped_for_five_seconds_hangs) {
    for (const char state : {'S', 'T', 'D'}) {
        BOOST_TEST(!is_found_hung(state, 0ms, 9));
        BOOST_TEST(is_found_hung(state, 0ms, 10));
    }
}

BOOST_AUTO_TEST_CASE(an_endless_loop_hangs_once_it_has_used_a_second) {
    BOOST_TEST(is_found_hung('R', 450ms, 10));
    BOOST_TEST(!is_found_hung('R', 50ms, 10));
    BOOST_TEST(is_found_hung('R', 50ms, 25));
}

BOOST_AUTO_TEST_CASE(a_worker_that_gets_no_processor_is_left_alone) {
    BOOST_TEST(!is_found_hung('R', 1ms, 500));
}

BOOST_AUTO_TEST_CASE(a_heart_that_beats_again_is_forgiven) {
    HeartbeatMonitor monitor;
    for (int look = 0; look < 9; ++look) BOOST_TEST(!monitor.is_hung(1, ProcessUsage{'S', 0ms}));
    BOOST_TEST(!monitor.is_hung(2, ProcessUsage{'S', 0ms}));
    for (int look = 0; look < 9; ++look) BOOST_TEST(!monitor.is_hung(2, ProcessUsage{'S', 0ms}));
    BOOST_TEST(monitor.is_hung(2, ProcessUsage{'S', 0ms}));
}

BOOST_AUTO_TEST_CASE(a_process_that_has_ended_is_not_called_hung) {
    BOOST_TEST(!is_found_hung('Z', 0ms, 50));
    HeartbeatMonitor monitor;
    for (int look = 0; look < 50; ++look) BOOST_TEST(!monitor.is_hung(1, std::optional<ProcessUsage>{}));
}

BOOST_AUTO_TEST_CASE(the_kernels_word_about_this_process_can_be_read) {
    const auto usage = read_process_usage(::getpid());
    BOOST_REQUIRE(usage.has_value());
    BOOST_TEST(usage->state == 'R');
    BOOST_TEST(!read_process_usage(-1).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
