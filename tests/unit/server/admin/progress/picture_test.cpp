#include "server/admin/progress/picture.h"

#include "tests/unit/server/admin/progress/told_lineage.h"

#include <boost/test/unit_test.hpp>

using namespace baton;
using namespace baton::admin;
using namespace baton::admin::test;

namespace {

constexpr Canvas wide{100, Colours::none};

std::size_t characters(const std::string& line) {
    return static_cast<std::size_t>(
        std::ranges::count_if(line, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

struct Drawn : Told {
    std::string picture(const Canvas& canvas = wide) {
        std::string text;
        for (const auto& line : draw(story, canvas)) text += line + "\n";
        return text;
    }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(progress_picture, Drawn)

BOOST_AUTO_TEST_CASE(a_step_that_runs_turns_and_counts_its_time) {
    look(before_upgrade());
    pass(1200ms);
    BOOST_TEST(picture() ==
               "baton 1.4.2 (gen 7, pid 2113)\n"
               " ⠹ preflight                                                                   1.20s\n"
               " [q] leave it running\n");
}

BOOST_AUTO_TEST_CASE(the_drain_shows_each_kind_what_became_of_it_and_when_it_ends) {
    switch_over();
    succeed();
    LineageView view = draining();
    GenerationView& old = view.generations[1];
    old.http1 = 0;
    old.websockets = 3000;
    old.event_streams = 3;
    old.moved = 9000;
    old.drained = 168;
    old.closed = 2;
    look(view);
    pass(41s);
    BOOST_TEST(picture() ==
               "baton 1.4.2 (gen 7, pid 2113) → 1.5.0 (gen 8, pid 21377)   config unchanged 9f31ab2\n"
               " ✔ preflight     config ok · 4 certificates                                    0.08s\n"
               " ✔ start         master 21377, generation 8, 4/4 workers ready                 0.31s\n"
               " ✔ switch        gen 8 accepts                                                 0.00s\n"
               " ⠋ drain gen 7   ██████████████████░░░░░░  12 173 → 3 003 open    75%   00:41\n"
               "     http/1      ████████████████████████  0\n"
               "     ws          ████████▎                 3 000\n"
               "     sse                                   3\n"
               "     moved 9 000 · drained 168 · closed 2\n"
               "     5xx +0 · upstream failures +0 · deadline in 29m19s (then closed over 30s)\n"
               " [q] leave it running   [f] finish now   [r] roll back\n");
}

BOOST_AUTO_TEST_CASE(a_canary_shows_its_share_and_what_both_generations_do) {
    switch_over();
    LineageView view = draining();
    view.trial = TrialView{"canary", 10, 41s, {7, 1200, 0, 4.1}, {8, 130, 13, 4.3}};
    view.responses_5xx = 13;
    look(view);
    BOOST_TEST(picture().ends_with(
        " ⠋ canary        gen 8 takes 10 % of new connections, 41s left                 0.00s\n"
        "     gen 7            1 200 requests   5xx   0.00 %   p99 4.1 ms\n"
        "     gen 8              130 requests   5xx  10.00 %   p99 4.3 ms\n"
        "     5xx +13 · upstream failures +0\n"
        " [q] leave it running   [f] keep it now   [r] roll back\n"));
}

BOOST_AUTO_TEST_CASE(a_probation_by_hand_waits_for_a_decision) {
    switch_over();
    LineageView view = draining();
    view.trial = TrialView{"probation", 0, std::nullopt, {7, 0, 0, 0}, {8, 0, 0, 0}};
    look(view);
    BOOST_TEST(picture().find("gen 8 has everything, gen 7 stands by, until you decide") !=
               std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_end_says_what_became_of_the_connections) {
    switch_over();
    succeed();
    pass(41s);
    LineageView last = draining();
    last.generations.pop_back();
    last.moved = 12'000;
    last.drained = 173;
    look(last);
    BOOST_TEST(picture().ends_with(
        " ✔ drain gen 7   moved 12 000 · drained 173 · closed 0                        41.00s\n"));
}

BOOST_AUTO_TEST_CASE(a_failure_has_five_more_lines_of_its_reason_and_says_who_serves) {
    look(before_upgrade());
    step("preflight", 80);
    story.conclude({1, "upgrade failed (awaiting_hello): …\ngeneration 7 keeps running, nothing changed",
                    R"({"event":"upgrade.failed","phase":"awaiting_hello","failed_after_ms":40.000,)"
                    R"("reason":"new master exited 78\n1\n2\n3\n4\n5\n6\n7"})"},
                   now);
    BOOST_TEST(picture() ==
               "baton 1.4.2 (gen 7, pid 2113)\n"
               " ✔ preflight     config ok · 4 certificates                                    0.08s\n"
               " ✘ start         new master exited 78 after 0.04s\n"
               "     1\n     2\n     3\n     4\n     5\n"
               "     and 2 more lines in the log\n"
               "   generation 7 keeps running, nothing changed\n");
}

BOOST_AUTO_TEST_CASE(a_reload_stays_with_its_master_and_has_no_program_to_go_back_to) {
    story = Story("reload", now);
    switch_over();
    succeed();
    LineageView view = draining();
    view.generations[0].master_pid = 2113;
    view.generations[0].config_hash = "12ab34c";
    look(view);
    const std::string text = picture();
    BOOST_TEST(
        text.starts_with("baton 1.4.2 (gen 7, pid 2113) → 1.5.0 (gen 8)   config 9f31ab2 → 12ab34c\n"));
    BOOST_TEST(text.find("start         generation 8, 4/4") != std::string::npos);
    BOOST_TEST(text.find("roll back") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(who_leaves_it_is_told_where_to_look) {
    switch_over();
    story.leave();
    BOOST_TEST(picture().ends_with("   it goes on; `baton status` tells how far it is\n"));
}

BOOST_AUTO_TEST_CASE(no_line_is_wider_than_the_window_and_no_colour_crosses_its_end) {
    switch_over();
    succeed();
    look(draining());
    story.remark("finish refused: generation 7 does not drain");
    for (const std::size_t width : {4U, 20U, 40U, 60U, 80U, 200U})
        for (const auto& line : draw(story, {width, Colours::none}))
            BOOST_TEST(characters(line) <= width, width << ": " << line);
    for (const auto& line : draw(story, {30, Colours::ansi}))
        if (const auto colour = line.rfind("\x1b["); colour != std::string::npos)
            BOOST_TEST(line.substr(colour, 4) == "\x1b[0m");
}

BOOST_AUTO_TEST_CASE(without_colours_there_is_no_escape_sequence) {
    switch_over();
    succeed();
    look(draining());
    BOOST_TEST(picture().find('\x1b') == std::string::npos);
    BOOST_TEST(picture({100, Colours::ansi}).find("\x1b[32m✔\x1b[0m") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_bar_is_filled_in_eighths) {
    BOOST_TEST(bar(0, 4, "░") == "░░░░");
    BOOST_TEST(bar(0.5, 4, "░") == "██░░");
    BOOST_TEST(bar(0.53125, 4, "░") == "██▏░");
    BOOST_TEST(bar(1, 4, " ") == "████");
    BOOST_TEST(bar(7, 2, " ") == "██");
}

BOOST_AUTO_TEST_CASE(numbers_are_grouped_and_texts_are_cut_at_characters) {
    BOOST_TEST(grouped(7) == "7");
    BOOST_TEST(grouped(1234567) == "1 234 567");
    BOOST_TEST(cut("äöü", 2) == "äö");
    BOOST_TEST(cut("ab", 5) == "ab");
}

BOOST_AUTO_TEST_SUITE_END()
