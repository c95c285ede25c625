#include "config/did_you_mean.h"

#include <array>
#include <boost/test/unit_test.hpp>

using baton::config::nearest;

BOOST_AUTO_TEST_SUITE(did_you_mean)

BOOST_AUTO_TEST_CASE(a_slip_of_the_finger_is_understood) {
    constexpr std::array<std::string_view, 4> words{"address", "prefix", "least_request", "web"};
    BOOST_TEST(nearest("adress", words) == "address");
    BOOST_TEST(nearest("prefx", words) == "prefix");
    BOOST_TEST(nearest("leastrequest", words) == "least_request");
    BOOST_TEST(nearest("wbe", words) == "web");
    BOOST_TEST(nearest("PREFIX", words) == "prefix");
}

BOOST_AUTO_TEST_CASE(what_is_too_different_gives_no_suggestion) {
    constexpr std::array<std::string_view, 3> words{"address", "prefix", "web"};
    BOOST_TEST(nearest("timeout", words) == "");
    BOOST_TEST(nearest("xyz", words) == "");
    BOOST_TEST(nearest("", words) == "");
    BOOST_TEST(nearest("anything", {}) == "");
}

BOOST_AUTO_TEST_SUITE_END()
