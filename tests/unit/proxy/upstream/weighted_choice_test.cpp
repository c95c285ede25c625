#include "proxy/upstream/weighted_choice.h"

#include <boost/test/unit_test.hpp>
#include <vector>

using baton::upstream::Random;
using baton::upstream::WeightedChoice;

namespace {

std::vector<int> counts(std::vector<std::uint32_t> weights, int times) {
    const WeightedChoice choice(weights);
    Random random(7);
    std::vector<int> result(weights.size());
    for (int i = 0; i < times; ++i) ++result.at(choice.choose(random));
    return result;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(weighted_choice)

BOOST_AUTO_TEST_CASE(chances_are_in_proportion_to_weights) {
    const auto seen = counts({95, 0, 5, 100}, 20000);
    BOOST_TEST(seen[0] > 9000);
    BOOST_TEST(seen[0] < 10000);
    BOOST_TEST(seen[1] == 0);
    BOOST_TEST(seen[2] > 400);
    BOOST_TEST(seen[2] < 600);
    BOOST_TEST(seen[3] > 9500);
}

BOOST_AUTO_TEST_CASE(equal_weights_have_equal_chances) {
    for (const int count : counts({7, 7, 7, 7}, 8000)) {
        BOOST_TEST(count > 1850);
        BOOST_TEST(count < 2150);
    }
}

BOOST_AUTO_TEST_CASE(without_weight_there_is_nothing_to_choose) {
    Random random(1);
    BOOST_TEST(WeightedChoice().choose(random) == WeightedChoice::nothing);
    BOOST_TEST(WeightedChoice(std::vector<std::uint32_t>{0, 0}).choose(random) == WeightedChoice::nothing);
}

BOOST_AUTO_TEST_CASE(a_single_candidate_needs_no_luck) {
    Random used(1), untouched(1);
    BOOST_TEST(WeightedChoice(std::vector<std::uint32_t>{0, 3}).choose(used) == 1U);
    BOOST_TEST(used.next() == untouched.next());
}

BOOST_AUTO_TEST_CASE(the_largest_weights_do_not_overflow) {
    const auto seen = counts({UINT32_MAX, UINT32_MAX, 1}, 4000);
    BOOST_TEST(seen[0] > 1800);
    BOOST_TEST(seen[1] > 1800);
}

BOOST_AUTO_TEST_SUITE_END()
