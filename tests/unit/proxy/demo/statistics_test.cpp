#include "proxy/demo/statistics.h"

#include <boost/test/unit_test.hpp>

namespace baton::demo {

BOOST_AUTO_TEST_SUITE(demo_statistics)

BOOST_AUTO_TEST_CASE(requests_are_counted_by_sort_whether_they_fail_or_not) {
    Statistics statistics;
    statistics.request_succeeded(Load::keep_alive, std::chrono::milliseconds{1});
    statistics.request_failed(Load::keep_alive, "GET /", "closed");
    statistics.request_succeeded(Load::upload, std::chrono::milliseconds{1});
    BOOST_TEST(statistics.requests() == 3U);
    BOOST_TEST(statistics.requests(Load::keep_alive) == 2U);
    BOOST_TEST(statistics.failed() == 1U);
    BOOST_TEST(statistics.latency().count() == 2U);
}

BOOST_AUTO_TEST_CASE(only_the_first_incidents_are_kept_but_all_are_counted) {
    Statistics statistics;
    for (int i = 0; i < 9; ++i)
        statistics.request_failed(Load::keep_alive, "client " + std::to_string(i), "reset");
    BOOST_TEST(statistics.failed() == 9U);
    BOOST_TEST(statistics.incidents().size() == Statistics::incidents_kept);
    BOOST_TEST(statistics.incidents().front().who == "client 0");
}

BOOST_AUTO_TEST_CASE(an_incident_says_what_the_proxy_was_doing) {
    Statistics statistics;
    statistics.set_stage("upgrade 2 was under way");
    statistics.lasting_dropped(Load::websocket, "WebSocket 7", "Close 1012");
    BOOST_TEST(statistics.incidents().front().stage == "upgrade 2 was under way");
    BOOST_TEST(statistics.dropped() == 1U);
}

BOOST_AUTO_TEST_CASE(a_failure_a_drop_and_a_trouble_each_spoil_a_clean_result) {
    Statistics failed, dropped, troubled;
    BOOST_TEST(failed.clean());
    failed.request_failed(Load::upload, "", "");
    dropped.lasting_dropped(Load::event_stream, "", "");
    troubled.trouble("", "");
    BOOST_TEST(!failed.clean());
    BOOST_TEST(!dropped.clean());
    BOOST_TEST(!troubled.clean());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace baton::demo
