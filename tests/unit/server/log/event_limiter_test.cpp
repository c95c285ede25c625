#include "server/log/event_limiter.h"

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;
using baton::TimePoint;
using baton::log::EventLimiter;

BOOST_AUTO_TEST_SUITE(event_limiter)

BOOST_AUTO_TEST_CASE(ten_of_a_name_pass_in_a_second_and_the_next_second_tells_how_many_did_not) {
    EventLimiter limiter;
    const TimePoint now{1000s};
    for (int i = 0; i < 10; ++i) BOOST_TEST(limiter.admit("a.b", now).admitted);
    for (int i = 0; i < 4802; ++i) BOOST_TEST(!limiter.admit("a.b", now + 999ms).admitted);
    BOOST_TEST(limiter.admit("c.d", now).admitted);
    const auto verdict = limiter.admit("a.b", now + 1s);
    BOOST_TEST(verdict.admitted);
    BOOST_TEST(verdict.repeated == 4802u);
    BOOST_TEST(limiter.admit("a.b", now + 1s).repeated == 0u);
}

BOOST_AUTO_TEST_CASE(what_was_held_back_is_reported_once_although_the_event_does_not_come_again) {
    EventLimiter limiter;
    const TimePoint now{1000s};
    for (int i = 0; i < 13; ++i) limiter.admit("a.b", now);
    std::vector<std::string> reports;
    const auto report = [&](std::string_view name, std::uint64_t count) {
        reports.push_back(std::string(name) + " " + std::to_string(count));
    };
    limiter.report_held_back(now + 500ms, report);
    BOOST_TEST(reports.empty());
    limiter.report_held_back(now + 1s, report);
    limiter.report_held_back(now + 2s, report);
    BOOST_TEST(reports == std::vector<std::string>{"a.b 3"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_name_may_be_gone_when_it_comes_again) {
    EventLimiter limiter;
    const TimePoint now{1000s};
    for (int i = 0; i < 12; ++i) {
        std::string name{"an.event.with_a_long_made_up_name"};
        BOOST_TEST(limiter.admit(name, now).admitted == (i < 10));
        name.assign(name.size(), '-');
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
