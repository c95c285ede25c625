#include "upgrade/judgement.h"

#include <boost/test/unit_test.hpp>

using namespace baton;
using namespace baton::upgrade;
using namespace std::chrono_literals;

namespace {

/// `count` requests, of which `errors` failed, and `slow` took so long; the others took 1 ms.
Performance performance(std::uint64_t count, std::uint64_t errors, std::uint64_t slow = 0,
                        Duration how_slow = 0s) {
    Performance made;
    made.requests = count;
    made.errors = errors;
    made.latencies[shared::latency_bucket(1ms)] += count - slow;
    made.latencies[shared::latency_bucket(how_slow)] += slow;
    return made;
}

bool is(const Judgement& judgement, Judgement::Opinion opinion) {
    return judgement.opinion == opinion;
}

constexpr auto good = Judgement::Opinion::good;
constexpr auto bad = Judgement::Opinion::bad;
constexpr auto undecided = Judgement::Opinion::undecided;
constexpr TrialRules rules;

}  // namespace

BOOST_AUTO_TEST_SUITE(judgement)

BOOST_AUTO_TEST_CASE(with_few_requests_on_either_side_there_is_no_opinion) {
    BOOST_TEST(is(judge(performance(99, 0), performance(5000, 5000), rules, false), undecided));
    BOOST_TEST(is(judge(performance(5000, 0), performance(99, 99), rules, false), undecided));
    BOOST_TEST(is(judge(performance(100, 0), performance(100, 0), rules, false), good));
}

BOOST_AUTO_TEST_CASE(one_error_in_fifty_is_found_and_what_the_predecessor_does_as_well_is_forgiven) {
    const auto judged = judge(performance(20'000, 0), performance(2'000, 40), rules, true);
    BOOST_TEST(is(judged, bad));
    BOOST_TEST(judged.reason == "error rate 2.00 % of 2000 requests, the predecessor's is 0.00 %");
    BOOST_TEST(is(judge(performance(20'000, 400), performance(2'000, 40), rules, true), good));
    BOOST_TEST(is(judge(performance(20'000, 0), performance(2'000, 20), rules, false), good));
}

BOOST_AUTO_TEST_CASE(a_few_errors_among_few_requests_may_be_chance) {
    BOOST_TEST(is(judge(performance(1'000, 0), performance(100, 3), rules, true), good));
    BOOST_TEST(is(judge(performance(1'000, 0), performance(100, 10), rules, true), bad));
}

BOOST_AUTO_TEST_CASE(a_slower_hundredth_is_found_when_it_is_slower_than_allowed) {
    TrialRules strict;
    strict.max_latency_growth = 0.2;
    const auto old = performance(20'000, 0, 400, 100ms);
    BOOST_TEST(is(judge(old, performance(2'000, 0, 40, 100ms), strict, true), good));
    const auto slower = judge(old, performance(2'000, 0, 60, 150ms), strict, true);
    BOOST_TEST(is(slower, bad));
    BOOST_TEST(slower.reason.starts_with("p99 "));
    BOOST_TEST(is(judge(old, performance(2'000, 0, 60, 150ms), {.max_latency_growth = 1.0}, true), good));
}

BOOST_AUTO_TEST_CASE(a_growth_by_a_few_milliseconds_is_noise) {
    const auto old = performance(20'000, 0, 400, 1ms);
    BOOST_TEST(is(judge(old, performance(2'000, 0, 100, 10ms), rules, false), good));
    BOOST_TEST(is(judge(old, performance(2'000, 0, 100, 20ms), rules, false), bad));
}

BOOST_AUTO_TEST_CASE(of_now_and_earlier_only_the_middles_are_compared) {
    const TrialRules by_median = rules.with_earlier_work();
    const auto earlier = performance(20'000, 0);
    BOOST_TEST(is(judge(earlier, performance(2'000, 0, 2'000, 45ms), by_median, true), good));
    BOOST_TEST(is(judge(earlier, performance(2'000, 0, 800, 200ms), by_median, true), good));
    const auto slower = judge(earlier, performance(2'000, 0, 1'200, 200ms), by_median, true);
    BOOST_TEST(is(slower, bad));
    BOOST_TEST(slower.reason.starts_with("p50 2"));
}

BOOST_AUTO_TEST_CASE(the_measure_is_what_was_done_in_the_last_one_to_two_spans) {
    using Recent = RecentPerformance;
    const TimePoint begin{1h};
    Recent recent;
    BOOST_TEST(recent.is_due(begin));
    recent.note(begin, performance(10, 0));
    BOOST_TEST(recent.earlier().requests == 0U);
    BOOST_TEST(!recent.is_due(begin + Recent::span - 1ms));
    BOOST_TEST(recent.is_due(begin + Recent::span));
    recent.note(begin + Recent::span, performance(1'000, 0));
    BOOST_TEST(recent.earlier().requests == 10U);
    recent.note(begin + 2 * Recent::span, performance(2'000, 0));
    BOOST_TEST(recent.earlier().requests == 1'000U);
}

BOOST_AUTO_TEST_CASE(what_was_done_before_the_trial_does_not_count) {
    const auto before = performance(1'000, 500, 300, 1s);
    auto now = before;
    now.requests += 200;
    now.latencies[shared::latency_bucket(1ms)] += 200;
    const auto span = now.since(before);
    BOOST_TEST(span.requests == 200U);
    BOOST_TEST(span.errors == 0U);
    BOOST_TEST(is(judge(performance(1'000, 0), span, rules, false), good));
}

BOOST_AUTO_TEST_CASE(a_bucket_holds_what_is_shorter_than_its_bound_by_a_32nd_at_most) {
    for (Duration latency = 70us; latency < 100s; latency = latency * 21 / 20) {
        const auto bound = shared::latency_bound(shared::latency_bucket(latency));
        BOOST_TEST(latency.count() < bound.count());
        BOOST_TEST(bound.count() <= latency.count() * 33 / 32 + 1000);
    }
    BOOST_TEST(shared::latency_bucket(0s) == 0U);
    BOOST_TEST(shared::latency_bucket(1h) == shared::latency_buckets - 1);
}

BOOST_AUTO_TEST_SUITE_END()
