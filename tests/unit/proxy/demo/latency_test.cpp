#include "proxy/demo/latency.h"

#include <boost/test/unit_test.hpp>

namespace baton::demo {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

BOOST_AUTO_TEST_SUITE(demo_latency)

BOOST_AUTO_TEST_CASE(without_any_request_every_percentile_is_zero) {
    const Latency latency;
    BOOST_TEST(latency.percentile(0.99).count() == 0);
    BOOST_TEST(latency.longest().count() == 0);
}

BOOST_AUTO_TEST_CASE(a_single_value_is_every_percentile) {
    Latency latency;
    latency.add(microseconds{4321});
    BOOST_TEST((latency.percentile(0.0) == microseconds{4321}));
    BOOST_TEST((latency.percentile(0.5) == microseconds{4321}));
    BOOST_TEST((latency.percentile(1.0) == microseconds{4321}));
}

BOOST_AUTO_TEST_CASE(short_values_are_exact_to_the_microsecond) {
    Latency latency;
    for (int i = 1; i <= 60; ++i) latency.add(microseconds{i});
    BOOST_TEST((latency.percentile(0.5) == microseconds{30}));
    BOOST_TEST((latency.percentile(0.9) == microseconds{54}));
}

BOOST_AUTO_TEST_CASE(percentiles_of_any_size_are_at_most_four_percent_too_high_and_never_too_low) {
    for (const std::int64_t value : {64, 65, 100, 999, 1000, 4096, 65535, 65536, 1'234'567, 59'999'999}) {
        Latency latency;
        latency.add(microseconds{value});
        latency.add(seconds{60});
        const auto median = std::chrono::duration_cast<microseconds>(latency.percentile(0.5)).count();
        BOOST_TEST(median >= value);
        BOOST_TEST(static_cast<double>(median) <= static_cast<double>(value) * 1.04);
    }
}

BOOST_AUTO_TEST_CASE(one_slow_request_in_a_hundred_shows_in_the_last_percent_only) {
    Latency latency;
    for (int i = 0; i < 99; ++i) latency.add(microseconds{10});
    latency.add(milliseconds{500});
    BOOST_TEST((latency.percentile(0.99) == microseconds{10}));
    BOOST_TEST((latency.percentile(1.0) == milliseconds{500}));
}

BOOST_AUTO_TEST_CASE(values_beyond_the_range_are_clamped) {
    Latency latency;
    latency.add(Duration{-5});
    latency.add(std::chrono::hours{1});
    BOOST_TEST(latency.count() == 2U);
    BOOST_TEST((latency.longest() == seconds{60}));
    BOOST_TEST((latency.percentile(0.5) == microseconds{0}));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace baton::demo
