#include "server/process/service_manager.h"

#include "tests/support/notified_manager.h"

#include <unistd.h>

#include <boost/test/unit_test.hpp>

using namespace baton;
using namespace std::chrono_literals;

namespace {

/// How systemd asks for a sign of life.
struct WatchdogVariables {
    WatchdogVariables(const char* interval, const std::string& process) {
        ::setenv("WATCHDOG_USEC", interval, 1);
        ::setenv("WATCHDOG_PID", process.c_str(), 1);
    }
    ~WatchdogVariables() {
        ::unsetenv("WATCHDOG_USEC");
        ::unsetenv("WATCHDOG_PID");
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(service_manager, NotifiedManager)

BOOST_AUTO_TEST_CASE(each_message_is_one_datagram) {
    const auto manager = ServiceManager::from_environment();
    BOOST_TEST(manager.present());
    manager.ready("generation 1 serves");
    BOOST_TEST(heard() == "READY=1\nSTATUS=generation 1 serves");
    manager.reloading(TimePoint{std::chrono::seconds{5}});
    BOOST_TEST(heard() == "RELOADING=1\nMONOTONIC_USEC=5000000");
    manager.main_process(4711);
    BOOST_TEST(heard() == "MAINPID=4711");
    manager.stopping(15s);
    BOOST_TEST(heard() == "STOPPING=1\nEXTEND_TIMEOUT_USEC=15000000");
    manager.extend_timeout(2s);
    BOOST_TEST(heard() == "EXTEND_TIMEOUT_USEC=2000000");
    manager.alive();
    BOOST_TEST(heard() == "WATCHDOG=1");
    manager.forget("web");
    BOOST_TEST(heard() == "FDSTOREREMOVE=1\nFDNAME=web");
}

BOOST_AUTO_TEST_CASE(descriptors_to_keep_come_with_their_name_however_many) {
    const std::vector<int> many(130, socket.get());
    ServiceManager::from_environment().store("web", many);
    std::size_t kept = 0;
    for (auto text = heard(); !text.empty(); text = heard()) {
        BOOST_TEST(text == "FDSTORE=1\nFDNAME=web");
        kept += given.size();
    }
    BOOST_TEST(kept == 130U);
}

BOOST_AUTO_TEST_CASE(a_watchdog_is_fed_by_the_process_that_it_was_set_for_and_by_its_successors) {
    const WatchdogVariables own("30000000", std::to_string(::getpid()));
    BOOST_TEST((take_watchdog_interval(WatchdogMeans::this_process) == 30s));
    const WatchdogVariables predecessors("30000000", "1");
    BOOST_TEST((take_watchdog_interval(WatchdogMeans::whole_lineage) == 30s));
}

BOOST_AUTO_TEST_CASE(a_watchdog_of_another_process_is_not_passed_on_to_successors) {
    const WatchdogVariables of_a_parent("30000000", "1");
    BOOST_TEST(!take_watchdog_interval(WatchdogMeans::this_process).has_value());
    BOOST_TEST(!take_watchdog_interval(WatchdogMeans::whole_lineage).has_value());
}

BOOST_AUTO_TEST_CASE(a_watchdog_interval_that_makes_no_sense_is_none) {
    for (const char* const interval : {"", "0", "-5", "soon", "1s"}) {
        const WatchdogVariables variables(interval, std::to_string(::getpid()));
        BOOST_TEST(!take_watchdog_interval(WatchdogMeans::this_process).has_value(), interval);
    }
}

BOOST_AUTO_TEST_CASE(without_a_manager_nothing_is_sent) {
    ::unsetenv("NOTIFY_SOCKET");
    const auto manager = ServiceManager::from_environment();
    BOOST_TEST(!manager.present());
    manager.ready("");
    BOOST_TEST(heard().empty());
}

BOOST_AUTO_TEST_CASE(a_path_that_is_no_socket_address_is_ignored) {
    ::setenv("NOTIFY_SOCKET", std::string(200, '/').c_str(), 1);
    BOOST_TEST(!ServiceManager::from_environment().present());
    ::setenv("NOTIFY_SOCKET", "relative", 1);
    BOOST_TEST(!ServiceManager::from_environment().present());
}

BOOST_AUTO_TEST_SUITE_END()
