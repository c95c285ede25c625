#include "config/cpu_count.h"

#include <boost/test/unit_test.hpp>

using namespace baton::config;

BOOST_AUTO_TEST_SUITE(cpu_count)

BOOST_AUTO_TEST_CASE(a_quota_is_rounded_up_to_whole_cpus) {
    BOOST_TEST(*cpus_of_quota("200000 100000\n") == 2U);
    BOOST_TEST(*cpus_of_quota("150000 100000\n") == 2U);
    BOOST_TEST(*cpus_of_quota("50000 100000\n") == 1U);
}

BOOST_AUTO_TEST_CASE(no_quota_and_nonsense_grant_no_number) {
    for (const char* text : {"max 100000\n", "", "0 100000", "100000", "100000 0", "x y"})
        BOOST_TEST(!cpus_of_quota(text), text);
}

BOOST_AUTO_TEST_CASE(there_is_always_one_cpu) {
    BOOST_TEST(allowed_cpus() >= 1U);
}

BOOST_AUTO_TEST_SUITE_END()
