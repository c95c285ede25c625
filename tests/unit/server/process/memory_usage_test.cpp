#include "server/process/memory_usage.h"

#include <boost/test/unit_test.hpp>
#include <vector>

using namespace baton;

BOOST_AUTO_TEST_SUITE(memory_usage)

BOOST_AUTO_TEST_CASE(touched_memory_is_seen) {
    const ResidentMemory resident;
    const std::uint64_t before = resident.bytes();
    BOOST_REQUIRE(before > 0u);
    const std::vector<char> touched(32U << 20U, 'x');
    BOOST_TEST(resident.bytes() >= before + (24U << 20U));
    BOOST_TEST(touched.back() == 'x');
}

BOOST_AUTO_TEST_CASE(every_worker_has_an_equal_share_of_the_limit) {
    config::Process process;
    process.memory_limit = 400U << 20U;
    process.workers = 4;
    BOOST_TEST(memory_share(process) == 100U << 20U);
}

BOOST_AUTO_TEST_SUITE_END()
