#include "proxy/upstream/retry_budget.h"

#include <boost/test/unit_test.hpp>

using baton::upstream::RetryBudget;

BOOST_AUTO_TEST_SUITE(retry_budget)

BOOST_AUTO_TEST_CASE(three_retries_are_always_allowed) {
    RetryBudget budget;
    for (int i = 0; i < 3; ++i) BOOST_TEST(budget.begin(0.0, 0));
    BOOST_TEST(!budget.begin(0.0, 0));
    BOOST_TEST(budget.retrying() == 3U);
    budget.end();
    BOOST_TEST(budget.begin(0.0, 0));
}

BOOST_AUTO_TEST_CASE(more_requests_allow_more_retries_by_the_share) {
    RetryBudget budget;
    int allowed = 0;
    while (budget.begin(0.2, 100)) ++allowed;
    BOOST_TEST(allowed == 20);
}

BOOST_AUTO_TEST_SUITE_END()
