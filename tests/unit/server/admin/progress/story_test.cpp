#include "server/admin/progress/story.h"

#include "tests/unit/server/admin/progress/told_lineage.h"

#include <boost/test/unit_test.hpp>

using namespace baton;
using namespace baton::admin;
using namespace baton::admin::test;

namespace {

std::string steps_of(const Story& story) {
    std::string text;
    for (const auto& step : story.steps()) text += step.name + " " + std::to_string(step.took / 1ms) + ";";
    return text;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(replacement_story, Told)

BOOST_AUTO_TEST_CASE(three_phases_of_the_machine_are_one_step_to_a_person) {
    look(before_upgrade());
    BOOST_TEST(story.running() == "preflight");
    step("preflight", 80);
    BOOST_TEST(story.running() == "start");
    step("spawning", 10);
    step("awaiting_hello", 100);
    BOOST_TEST(story.running() == "start");
    step("awaiting_ready", 200);
    BOOST_TEST(story.running() == "switch");
    step("switching", 4);
    BOOST_TEST(steps_of(story) == "preflight 80;start 310;switch 4;");
    BOOST_TEST(story.running().empty());
}

BOOST_AUTO_TEST_CASE(the_time_of_a_step_begins_with_it) {
    look(before_upgrade());
    pass(3s);
    BOOST_TEST((story.elapsed() == 3s));
    step("preflight", 3000);
    pass(1s);
    BOOST_TEST((story.elapsed() == 1s));
}

BOOST_AUTO_TEST_CASE(it_is_over_when_a_look_after_the_verdict_misses_the_old_generation) {
    switch_over();
    succeed();
    BOOST_TEST((story.stage() == Story::Stage::draining));
    look(draining());
    BOOST_TEST((story.stage() == Story::Stage::draining));
    BOOST_TEST(!story.predecessor_is_gone());
    LineageView last = draining();
    last.generations.pop_back();
    look(last);
    BOOST_TEST((story.stage() == Story::Stage::over));
    BOOST_TEST(story.predecessor_is_gone());
}

BOOST_AUTO_TEST_CASE(what_became_of_the_connections_is_counted_from_the_order_on) {
    LineageView first = before_upgrade();
    first.generations[0].moved = 1000;  // by an upgrade that was taken back
    look(first);
    LineageView later = draining();
    later.generations[1].http1 = 0;
    later.generations[1].moved = 8000;
    later.generations[1].drained = 500;
    later.generations[1].closed = 80;
    later.responses_5xx = 2;
    look(later);
    BOOST_TEST(story.moved() == 7000U);
    BOOST_TEST(story.drained() == 500U);
    BOOST_TEST(story.open() == 4593U);
    BOOST_TEST(story.had() == 12'173U);
    BOOST_TEST(story.new_5xx() == 2U);
    BOOST_TEST(story.kinds().size() == 3U);
    BOOST_TEST(story.kinds()[0].open == 0U);
    BOOST_TEST(story.kinds()[0].most == 7580U);
}

BOOST_AUTO_TEST_CASE(when_the_old_generation_is_gone_the_lineages_totals_tell_what_became_of_it) {
    LineageView first = before_upgrade();
    first.moved = 100;
    first.drained = 10;
    look(first);
    switch_over();
    succeed();
    LineageView last = draining();
    last.generations.pop_back();
    last.moved = 12'100;
    last.drained = 60;
    look(last);
    BOOST_TEST(story.moved() == 12'000U);
    BOOST_TEST(story.drained() == 50U);
    BOOST_TEST(story.open() == 0U);
}

BOOST_AUTO_TEST_CASE(a_trial_lasts_until_the_verdict) {
    switch_over();
    LineageView later = draining();
    later.trial = TrialView{"probation", 0, 41s, {7, 0, 0, 0}, {8, 10, 0, 1}};
    look(later);
    BOOST_TEST((story.stage() == Story::Stage::trial));
    BOOST_TEST(story.running() == "probation");
    succeed();
    BOOST_TEST((story.stage() == Story::Stage::draining));
    BOOST_TEST(story.trial() == nullptr);
}

BOOST_AUTO_TEST_CASE(a_failure_has_its_step_its_time_and_its_lines_without_controls) {
    look(before_upgrade());
    step("preflight", 80);
    step("spawning", 10);
    story.conclude(
        {1, "upgrade failed (awaiting_hello): exited\nx\ngeneration 7 keeps running, nothing changed",
         R"({"event":"upgrade.failed","phase":"awaiting_hello","failed_after_ms":30.000,)"
         R"("reason":"exited\n\u001b[2Jx\n\n"})"},
        now);
    BOOST_REQUIRE(story.failure().has_value());
    BOOST_TEST((story.stage() == Story::Stage::over));
    BOOST_TEST(story.failure()->step == "start");
    BOOST_TEST((story.failure()->after == 40ms));
    BOOST_TEST(story.failure()->lines == (std::vector<std::string>{"exited", " [2Jx"}),
               boost::test_tools::per_element());
    BOOST_TEST(story.failure()->outcome == "generation 7 keeps running, nothing changed");
    BOOST_TEST(!story.predecessor_is_gone());
}

BOOST_AUTO_TEST_CASE(a_refused_order_has_no_step) {
    look(before_upgrade());
    story.conclude({75, "upgrade refused: busy", R"({"event":"upgrade.refused","reason":"busy"})"}, now);
    BOOST_TEST(story.failure()->step.empty());
    BOOST_TEST(story.failure()->lines.front() == "upgrade refused: busy");
}

BOOST_AUTO_TEST_CASE(who_leaves_it_sees_no_end) {
    switch_over();
    story.leave();
    BOOST_TEST((story.stage() == Story::Stage::left));
    BOOST_TEST(!story.predecessor_is_gone());
}

BOOST_AUTO_TEST_SUITE_END()
