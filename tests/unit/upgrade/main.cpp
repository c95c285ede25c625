#define BOOST_TEST_MODULE unit_upgrade
#include <boost/test/unit_test.hpp>
