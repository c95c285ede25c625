#include "upgrade/phase_table.h"

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

using namespace baton::upgrade;

namespace {

const std::string page = BATON_SOURCE_DIR "/docs/phase_table.md";
constexpr std::string_view begin_mark = "<!-- printed from upgrade/phase_table.cpp -->\n";
constexpr std::string_view end_mark = "<!-- end of what is printed -->\n";

std::string read_page() {
    std::ostringstream text;
    text << std::ifstream(page, std::ios::binary).rdbuf();
    return text.str();
}

/// One line for each event, as there are more of them than phases.
std::string printed() {
    std::ostringstream out;
    out << "| |";
    for (const Phase phase : all_phases) out << ' ' << to_string(phase) << " |";
    out << "\n|---|";
    for (std::size_t i = 0; i < all_phases.size(); ++i) out << "---|";
    out << '\n';
    for (const Event event : all_events) {
        out << "| " << to_string(event) << " |";
        for (const Phase phase : all_phases) out << ' ' << to_string(reaction(phase, event)) << " |";
        out << '\n';
    }
    return out.str();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(phase_table)

BOOST_AUTO_TEST_CASE(the_page_shows_the_table) {
    std::string text = read_page();
    const auto begin = text.find(begin_mark);
    const auto end = text.find(end_mark);
    BOOST_REQUIRE(begin != std::string::npos && end != std::string::npos);
    const auto from = begin + begin_mark.size();
    const auto shown = text.substr(from, end - from);
    if (std::getenv("BATON_WRITE_REFERENCE") != nullptr)
        std::ofstream(page, std::ios::binary) << text.replace(from, end - from, printed());
    BOOST_TEST((shown == printed()), "run unit_upgrade with BATON_WRITE_REFERENCE=1 and commit the page");
}

BOOST_AUTO_TEST_CASE(a_second_replacement_begins_only_when_the_first_is_over) {
    for (const Phase phase : all_phases)
        BOOST_TEST(
            (reaction(phase, Event::order) == (phase == Phase::idle ? Reaction::start : Reaction::refuse)));
}

BOOST_AUTO_TEST_CASE(
    nothing_is_left_of_a_successor_that_fails_before_it_serves_and_its_workers_are_adopted_after) {
    for (const Phase phase : all_phases) {
        if (phase == Phase::idle) continue;
        const auto expected = is_trial(phase) ? Reaction::abandon : Reaction::roll_back;
        BOOST_TEST((reaction(phase, Event::failed) == expected), to_string(phase));
        BOOST_TEST((reaction(phase, Event::cancel) == (is_trial(phase) ? Reaction::take_back : expected)));
    }
}

BOOST_AUTO_TEST_CASE(every_phase_but_one_of_the_operators_has_an_end_without_anybody) {
    for (const Phase phase : all_phases) {
        const bool waits = phase == Phase::idle || phase == Phase::side_by_side;
        BOOST_TEST(((reaction(phase, Event::deadline) == Reaction::none) == waits), to_string(phase));
    }
}

BOOST_AUTO_TEST_CASE(only_a_successor_on_trial_is_kept_stood_by_for_or_found_at_fault) {
    for (const Phase phase : all_phases) {
        BOOST_TEST(((reaction(phase, Event::keep) == Reaction::stay) == is_trial(phase)), to_string(phase));
        BOOST_TEST(((reaction(phase, Event::fault_found) == Reaction::take_back) == is_trial(phase)));
        BOOST_TEST(
            ((reaction(phase, Event::stand_by) == Reaction::advance) == (phase == Phase::side_by_side)));
    }
}

BOOST_AUTO_TEST_SUITE_END()
