#include "server/admin/progress/lineage_view.h"

#include <boost/test/unit_test.hpp>

using namespace baton;
using namespace baton::admin;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(lineage_view)

BOOST_AUTO_TEST_CASE(a_status_is_read_with_every_connection_counted_once) {
    const auto view = read_lineage(R"({"version":"1.5.0","upgrade":"probation","generations":[
        {"generation":7,"version":"1.4.2","state":"standing_by","config_hash":"9f","master_pid":21,
         "closes_in_ms":1500.000,"close_spread_ms":30000.000,
         "connections":{"connections":10,"websockets":4,"tunnels":2,"event_streams":3},
         "moved":{"in":0,"out":5,"refused":1,"left":16,"closed":2,"drained":6},
         "workers":[{"state":"draining"},{"state":"starting"}]},
        {"generation":8,"state":"serving"}],
        "trial":{"phase":"probation","ends_in_ms":41000.000,
                 "predecessor":{"generation":7,"requests":1,"responses_5xx":0,"p99_ms":4.100},
                 "successor":{"generation":8,"requests":9,"responses_5xx":2,"p99_ms":4.300}},
        "certificates":[{},{}],
        "replacements":{"connections_drained":40},
        "totals":{"responses_5xx":7,"upstream_failures":8,"connections_moved_out":9}})");
    BOOST_REQUIRE(view.has_value());
    BOOST_TEST(view->phase == "probation");
    BOOST_TEST(view->certificates == 2U);
    BOOST_TEST(view->responses_5xx == 7U);
    BOOST_TEST(view->moved == 9U);
    BOOST_TEST(view->drained == 40U);
    BOOST_TEST(view->generations.front().number == 8U);
    BOOST_TEST(view->serving()->number == 8U);
    const GenerationView* const old = view->find(7);
    BOOST_REQUIRE(old != nullptr);
    BOOST_TEST(old->http1 == 7U);
    BOOST_TEST(old->open() == 16U);
    BOOST_TEST(old->moved == 5U);
    BOOST_TEST(old->drained == 6U);
    BOOST_TEST(old->workers == 2U);
    BOOST_TEST(old->ready_workers == 1U);
    BOOST_TEST((old->closes_in == 1500ms));
    BOOST_TEST((old->close_spread == 30s));
    BOOST_TEST(!view->find(8)->closes_in.has_value());
    BOOST_REQUIRE(view->trial.has_value());
    BOOST_TEST((view->trial->left == 41s));
    BOOST_TEST(view->trial->successor.errors == 2U);
    BOOST_TEST(view->trial->predecessor.p99_ms == 4.1);
}

BOOST_AUTO_TEST_CASE(what_an_older_instance_does_not_say_is_nothing) {
    const auto view =
        read_lineage(R"({"version":"1.4.2","generations":[{"generation":1,"state":"serving"}]})");
    BOOST_REQUIRE(view.has_value());
    BOOST_TEST(view->serving()->open() == 0U);
    BOOST_TEST(!view->trial.has_value());
    BOOST_TEST(view->find(2) == nullptr);
}

BOOST_AUTO_TEST_CASE(what_is_no_status_is_refused) {
    BOOST_TEST(!read_lineage("").has_value());
    BOOST_TEST(!read_lineage("{}").has_value());
    BOOST_TEST(!read_lineage(R"({"event":"status.refused","reason":"starting"})").has_value());
}

BOOST_AUTO_TEST_SUITE_END()
