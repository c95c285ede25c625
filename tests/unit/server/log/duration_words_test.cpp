#include "server/log/duration_words.h"

#include <boost/test/unit_test.hpp>

using namespace baton;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(duration_words)

BOOST_AUTO_TEST_CASE(a_duration_is_told_in_its_two_largest_units) {
    BOOST_TEST(in_words(-5s) == "0s");
    BOOST_TEST(in_words(59s + 999ms) == "59s");
    BOOST_TEST(in_words(60s) == "1m");
    BOOST_TEST(in_words(127s) == "2m7s");
    BOOST_TEST(in_words(3h + 12min + 5s) == "3h12m");
    BOOST_TEST(in_words(49h) == "2d1h");
}

BOOST_AUTO_TEST_CASE(what_is_short_has_two_decimals) {
    BOOST_TEST(in_seconds(412ms) == "0.41s");
    BOOST_TEST(in_seconds(12s) == "12.00s");
}

BOOST_AUTO_TEST_SUITE_END()
