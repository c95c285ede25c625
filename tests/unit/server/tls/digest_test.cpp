#include "server/tls/digest.h"

#include <boost/test/unit_test.hpp>
#include <vector>

using baton::tls::sha1;

BOOST_AUTO_TEST_SUITE(digest)

BOOST_AUTO_TEST_CASE(sha1_gives_the_value_of_its_standard) {
    const std::vector<std::uint8_t> expected{0xa9, 0x99, 0x3e, 0x36, 0x47, 0x06, 0x81, 0x6a, 0xba, 0x3e,
                                             0x25, 0x71, 0x78, 0x50, 0xc2, 0x6c, 0x9c, 0xd0, 0xd8, 0x9d};
    BOOST_TEST(sha1({"abc"}) == expected, boost::test_tools::per_element());
    BOOST_TEST(sha1({"a", "", "bc"}) == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
