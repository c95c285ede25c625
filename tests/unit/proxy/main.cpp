#define BOOST_TEST_MODULE unit_proxy
#include <boost/test/unit_test.hpp>
