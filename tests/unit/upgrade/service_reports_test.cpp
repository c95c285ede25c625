#include "upgrade/service_reports.h"

#include "tests/support/notified_manager.h"

#include <boost/test/unit_test.hpp>

using namespace baton;
using namespace baton::upgrade;
using namespace std::chrono_literals;
using Texts = std::vector<std::string>;

namespace {

config::Config listening_on(const std::vector<std::string>& hosts) {
    config::Config config;
    for (const auto& host : hosts) {
        config::ListenAddress address;
        address.host = host;
        address.text = host + ":0";
        config::Listener listener;
        listener.name = host;
        listener.addresses.push_back(std::move(address));
        config.listeners.push_back(std::move(listener));
    }
    return config;
}

/// A process that reports, on a clock of its own.
struct Reporting : NotifiedManager {
    void pass(Duration time) {
        for (; time > 0s; time -= 250ms) {
            clock.advance(250ms);
            if (workers_turn) last_turn = clock.now();
            loop->turn(0s);
        }
    }
    void listen_on(const std::vector<std::string>& hosts) {
        config = listening_on(hosts);
        auto taken = ListenerSet::take(config, listeners.copies());
        BOOST_REQUIRE(taken.has_value());
        listeners = std::move(*taken);
        listeners.commit();
    }
    ServiceReports make(std::optional<Duration> watchdog_interval = std::nullopt) {
        return ServiceReports(
            *loop, ServiceManager::from_environment(), watchdog_interval,
            {[this] { return status; }, [this] { return is_main; }, [this] { return last_turn; },
             [this]() -> const ListenerSet& { return listeners; }});
    }
    /// What has been said about listeners since the last call.
    Texts about_listeners() {
        Texts all = all_heard();
        std::erase_if(all, [](const std::string& text) { return !text.starts_with("FDSTORE"); });
        return all;
    }
    std::string name_of(std::size_t listener) const { return listeners.to_store().at(listener).name; }

    FakeClock clock;
    std::unique_ptr<EventLoop> loop = std::move(*EventLoop::create(clock));
    std::string status = "serving";
    bool is_main = true;
    bool workers_turn = true;
    TimePoint last_turn = clock.now();
    config::Config config = listening_on({});
    ListenerSet listeners;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(service_reports, Reporting)

BOOST_AUTO_TEST_CASE(a_status_is_said_again_only_when_it_has_changed) {
    auto reports = make();
    reports.begin_as_first();
    BOOST_TEST(all_heard() == Texts{"READY=1\nSTATUS=serving"}, boost::test_tools::per_element());
    pass(20s);
    BOOST_TEST(all_heard().empty());
    status = "draining";
    pass(20s);
    BOOST_TEST(all_heard() == Texts{"STATUS=draining"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_successor_repeats_what_it_has_said_before_it_was_heard) {
    auto reports = make();
    listen_on({"127.0.0.1"});
    is_main = false;
    reports.begin_as_successor();
    pass(10s);
    BOOST_TEST(all_heard() == Texts{"READY=1\nSTATUS=serving"}, boost::test_tools::per_element());
    is_main = true;
    pass(2s);
    BOOST_TEST(all_heard() == (Texts{"FDSTORE=1\nFDNAME=" + name_of(0), "STATUS=serving"}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_watchdog_is_fed_twice_an_interval_while_all_workers_turn) {
    auto reports = make(4s);
    reports.begin_as_first();
    all_heard();
    pass(20s);
    BOOST_TEST(all_heard().size() == 10U);
    workers_turn = false;
    pass(4s);
    BOOST_TEST(all_heard().size() == 2U);
    pass(20s);
    BOOST_TEST(all_heard().empty());
    workers_turn = true;
    pass(4s);
    BOOST_TEST(all_heard().size() == 2U);
}

BOOST_AUTO_TEST_CASE(a_watchdog_with_less_patience_than_a_worker_may_be_silent_is_fed_all_the_same) {
    auto reports = make(500ms);
    reports.begin_as_first();
    all_heard();
    workers_turn = false;
    pass(1s);
    BOOST_TEST(all_heard().size() == 4U);
}

BOOST_AUTO_TEST_CASE(whoever_hands_over_feeds_the_watchdog_first_and_then_is_silent) {
    auto reports = make(4s);
    reports.begin_as_first();
    all_heard();
    reports.hand_over_to(4711);
    BOOST_TEST(all_heard() == (Texts{"WATCHDOG=1", "MAINPID=4711"}), boost::test_tools::per_element());
    status = "draining";
    pass(20s);
    BOOST_TEST(all_heard().empty());
}

BOOST_AUTO_TEST_CASE(a_stop_asks_for_time_until_its_own_end) {
    auto reports = make(4s);
    reports.begin_as_first();
    all_heard();
    reports.stop_until(clock.now() + 12s);
    BOOST_TEST(all_heard() == Texts{"STOPPING=1\nEXTEND_TIMEOUT_USEC=15000000"},
               boost::test_tools::per_element());
    pass(60s);
    BOOST_TEST(all_heard() == (Texts{"EXTEND_TIMEOUT_USEC=15000000", "EXTEND_TIMEOUT_USEC=15000000"}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(listeners_are_given_once_and_taken_back_when_they_go) {
    auto reports = make();
    listen_on({"127.0.0.1", "127.0.0.2"});
    const auto first = name_of(0), second = name_of(1);
    reports.begin_as_first();
    BOOST_TEST(about_listeners() == (Texts{"FDSTORE=1\nFDNAME=" + first, "FDSTORE=1\nFDNAME=" + second}),
               boost::test_tools::per_element());
    reports.listeners_changed();
    BOOST_TEST(about_listeners().empty());
    listen_on({"127.0.0.2", "127.0.0.3"});
    reports.listeners_changed();
    BOOST_TEST(
        about_listeners() == (Texts{"FDSTOREREMOVE=1\nFDNAME=" + first, "FDSTORE=1\nFDNAME=" + name_of(1)}),
        boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_came_with_the_start_is_in_the_store_once_or_not_any_more) {
    listen_on({"127.0.0.1", "127.0.0.2"});
    auto reports = make();
    const auto gone = name_of(0), stays = name_of(1);
    reports.assume_kept({gone, stays});
    listen_on({"127.0.0.2"});
    reports.begin_as_first();
    BOOST_TEST(about_listeners() == (Texts{"FDSTOREREMOVE=1\nFDNAME=" + gone,
                                           "FDSTOREREMOVE=1\nFDNAME=" + stays, "FDSTORE=1\nFDNAME=" + stays}),
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
