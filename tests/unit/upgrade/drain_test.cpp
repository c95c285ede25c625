#include "upgrade/drain.h"

#include <boost/test/unit_test.hpp>

using namespace baton;
using namespace baton::upgrade;
using namespace std::chrono_literals;

namespace {

const TimePoint now{1000s};

config::Drain settings() {
    config::Drain drain;
    drain.timeout = 30min;
    drain.stop_timeout = 30s;
    drain.idle_grace = 5s;
    drain.close_spread = 60s;
    return drain;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(drain)

BOOST_AUTO_TEST_CASE(a_predecessor_has_its_timeout_and_then_the_spread) {
    const auto order = drain_for_successor(settings(), now);
    BOOST_TEST((order.deadline == now + 30min));
    BOOST_TEST((order.close_spread == 60s));
    BOOST_TEST((order.idle_grace_until == now + 5s));
}

BOOST_AUTO_TEST_CASE(a_bounded_stop_ends_everything_within_its_bound_spread_included) {
    const auto order = drain_to_stop(admin::StopMode::bounded, settings(), now);
    BOOST_TEST((order.deadline + order.close_spread <= now + 30s));
    BOOST_TEST((order.deadline >= now + 20s));
}

BOOST_AUTO_TEST_CASE(now_is_now) {
    const auto order = drain_to_stop(admin::StopMode::now, settings(), now);
    BOOST_TEST((order.deadline == now && order.close_spread == 0s && order.idle_grace_until == now));
}

BOOST_AUTO_TEST_CASE(the_grace_of_idle_connections_never_outlasts_the_deadline) {
    auto short_stop = settings();
    short_stop.stop_timeout = 1s;
    for (const auto& order :
         {drain_to_stop(admin::StopMode::bounded, short_stop, now), drain_early(settings(), now)})
        BOOST_TEST((order.idle_grace_until <= order.deadline));
}

BOOST_AUTO_TEST_SUITE_END()
