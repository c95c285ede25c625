#include "server/admin/progress/presenter.h"

#include "tests/unit/server/admin/progress/told_lineage.h"

#include <boost/test/unit_test.hpp>

using namespace baton;
using namespace baton::admin;
using namespace baton::admin::test;

BOOST_FIXTURE_TEST_SUITE(progress_events, Told)

BOOST_AUTO_TEST_CASE(before_there_is_a_trial_or_a_drain_there_is_nothing_to_tell) {
    look(before_upgrade());
    BOOST_TEST(progress_event(story).empty());
    BOOST_TEST(end_event(story).empty());
}

BOOST_AUTO_TEST_CASE(a_trial_is_told_with_both_generations) {
    switch_over();
    LineageView view = draining();
    view.trial = TrialView{"canary", 12.5, 41s, {7, 1200, 0, 4.1}, {8, 130, 13, 4.3}};
    view.responses_5xx = 13;
    look(view);
    BOOST_TEST(progress_event(story) ==
               R"({"event":"trial.progress","phase":"canary","share_thousandths":125,"left_ms":41000.000,)"
               R"("predecessor":{"generation":7,"requests":1200,"responses_5xx":0,"p99_ms":4.100},)"
               R"("successor":{"generation":8,"requests":130,"responses_5xx":13,"p99_ms":4.300},)"
               R"("responses_5xx":13,"upstream_failures":0})");
}

BOOST_AUTO_TEST_CASE(a_drain_is_told_by_kind_with_what_became_of_the_others) {
    switch_over();
    succeed();
    LineageView view = draining();
    view.generations[1].http1 = 0;
    view.generations[1].moved = 7580;
    look(view);
    BOOST_TEST(progress_event(story) ==
               R"({"event":"drain.progress","generation":7,"open":{"http1":0,"ws":4590,"sse":3,"tunnel":0},)"
               R"("moved":7580,"drained":0,"closed":0,"refused":0,"closes_in_ms":1759000.000,)"
               R"("responses_5xx":0,"upstream_failures":0})");
    BOOST_TEST(end_event(story).empty());
}

BOOST_AUTO_TEST_CASE(the_end_of_the_old_generation_is_told_once_it_is_gone) {
    switch_over();
    succeed();
    LineageView last = draining();
    last.generations.pop_back();
    last.moved = 12'173;
    look(last);
    BOOST_TEST(
        end_event(story) ==
        R"({"event":"generation.exited","generation":7,"moved":12173,"drained":0,"closed":0,"refused":0,)"
        R"("responses_5xx":0,"upstream_failures":0})");
    BOOST_TEST(progress_event(story).empty());
}

BOOST_AUTO_TEST_SUITE_END()
