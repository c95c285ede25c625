#include "server/process/accept_share.h"

#include <boost/test/unit_test.hpp>

using namespace baton;
using namespace std::chrono_literals;

namespace {

constexpr TimePoint begin{1'000'000s};

}  // namespace

BOOST_AUTO_TEST_SUITE(accept_share)

BOOST_AUTO_TEST_CASE(of_two_shares_that_make_a_whole_exactly_one_accepts_at_any_time) {
    const AcceptShare canary{0, 100}, rest{100, AcceptShare::whole};
    int of_canary = 0;
    for (Duration at{}; at < 2s; at += 1ms) {
        BOOST_TEST(canary.contains(begin + at) != rest.contains(begin + at));
        of_canary += canary.contains(begin + at) ? 1 : 0;
    }
    BOOST_TEST(of_canary == 200);
}

BOOST_AUTO_TEST_CASE(the_whole_always_accepts) {
    for (Duration at{}; at < 1s; at += 1ms) BOOST_TEST(AcceptShare{}.contains(begin + at));
    BOOST_TEST(AcceptShare{}.is_whole());
    BOOST_TEST(!(AcceptShare{0, 999}.is_whole()));
}

BOOST_AUTO_TEST_CASE(a_turn_lasts_until_it_changes) {
    for (const AcceptShare share : {AcceptShare{0, 100}, AcceptShare{100, 1000}, AcceptShare{300, 400}}) {
        for (Duration at{}; at < 400ms; at += 7ms) {
            const TimePoint now = begin + at;
            const Duration rest = share.until_change(now);
            BOOST_TEST((rest > 0s && rest <= AcceptShare::period));
            BOOST_TEST(share.contains(now + rest - 1ns) == share.contains(now));
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
