#include "server/process/notification.h"

#include <boost/test/unit_test.hpp>

using namespace baton;

BOOST_AUTO_TEST_SUITE(notification)

BOOST_AUTO_TEST_CASE(what_a_master_is_at_is_repeated_outside) {
    for (const char* text : {"READY=1\nSTATUS=generation 1 serves", "RELOADING=1\nMONOTONIC_USEC=5000000",
                             "STOPPING=1", "STATUS=a=b", "EXTEND_TIMEOUT_USEC=1000", "WATCHDOG=1"}) {
        const auto read = read_notification(text);
        BOOST_TEST(read.for_outside == text);
        BOOST_TEST(!read.main_process.has_value());
    }
}

BOOST_AUTO_TEST_CASE(the_main_process_is_followed_and_not_repeated) {
    const auto read = read_notification("MAINPID=4711\nSTATUS=moved\n");
    BOOST_TEST(read.main_process.value_or(0) == 4711);
    BOOST_TEST(read.for_outside == "STATUS=moved");
}

BOOST_AUTO_TEST_CASE(the_last_main_process_counts) {
    BOOST_TEST(read_notification("MAINPID=2\nMAINPID=3").main_process.value_or(0) == 3);
    BOOST_TEST(read_notification("MAINPID=2\nMAINPID=x").main_process.value_or(0) == 2);
}

BOOST_AUTO_TEST_CASE(what_is_no_process_id_is_left_out) {
    for (const char* text : {"MAINPID=", "MAINPID=0", "MAINPID=-1", "MAINPID=+5", "MAINPID= 5", "MAINPID=5 ",
                             "MAINPID=12x", "MAINPID=99999999999", "mainpid=5", "MAINPID"}) {
        BOOST_TEST(!read_notification(text).main_process.has_value(), text);
    }
}

BOOST_AUTO_TEST_CASE(what_names_descriptors_or_is_not_known_stays_inside) {
    BOOST_TEST(
        read_notification("FDSTORE=1\nFDNAME=web\nBARRIER=1\nMAINPIDFD=1\nX_OWN=1\nREADY\n\n=").for_outside ==
        "");
    BOOST_TEST(read_notification("").for_outside == "");
}

BOOST_AUTO_TEST_SUITE_END()
