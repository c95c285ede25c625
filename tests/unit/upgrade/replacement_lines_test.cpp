#include "upgrade/replacement_lines.h"

#include <unistd.h>

#include <array>
#include <boost/test/unit_test.hpp>
#include <cstring>

using namespace baton;
using namespace baton::upgrade;
using namespace std::chrono_literals;
using shared::ReplacementOrder;
using shared::ReplacementRecord;
using shared::ReplacementResult;
using shared::TrialRecord;

namespace {

struct Lineage {
    shared::LineageMemory memory = [] {
        auto created = shared::LineageMemory::create();
        BOOST_REQUIRE(created.has_value());
        return std::move(*created);
    }();
    TimePoint now{100s};

    void add(ReplacementOrder order, ReplacementResult result, std::int64_t second, const char* reason = "") {
        ReplacementRecord record;
        record.order = order;
        record.result = result;
        record.ended_at = std::chrono::nanoseconds(std::chrono::seconds{second}).count();
        record.from = 7;
        record.to = result == ReplacementResult::failed ? 0 : 8;
        record.preflight = std::chrono::nanoseconds(80ms).count();
        record.start = std::chrono::nanoseconds(330ms).count();
        std::strcpy(record.from_version, "1.4.2");
        if (record.to != 0) std::strcpy(record.to_version, "1.5.0");
        std::strcpy(record.phase, result == ReplacementResult::failed ? "preflight" : "canary");
        std::strcpy(record.reason, reason);
        memory.replacements().add(record);
    }
    void try_successor() {
        auto* const judge = memory.claim_generation(7);
        TrialRecord trial;
        trial.phase = TrialRecord::Phase::canary;
        trial.share = 100;
        trial.from = 7;
        trial.to = 8;
        trial.judge_pid = judge->master_pid.load();
        trial.ends_at = (now + 41s).time_since_epoch().count();
        trial.predecessors = {1200, 0, 4'100'000};
        trial.successors = {130, 13, 4'300'000};
        memory.replacements().write_trial(trial);
    }
    std::string text() {
        std::string lines;
        append_replacements(lines, memory, now);
        return lines;
    }
    std::string json() {
        std::array<char, replacements_json_size> buffer;
        JsonWriter writer(buffer.data(), buffer.size());
        writer.begin_object();
        write_replacements(writer, memory, now);
        writer.end_object();
        return std::string(writer.text());
    }
    bool json_has(const std::string& part) { return json().find(part) != std::string::npos; }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(replacement_lines)

BOOST_AUTO_TEST_CASE(a_lineage_without_replacements_has_nothing_to_tell) {
    Lineage lineage;
    BOOST_TEST(lineage.text().empty());
    BOOST_TEST(lineage.json_has(R"("upgrade":{"ok":0,"failed":0,"rolled_back":0})"));
    BOOST_TEST(!lineage.json_has("last_upgrade"));
}

BOOST_AUTO_TEST_CASE(the_last_upgrade_is_told_with_its_way_and_its_time) {
    Lineage lineage;
    lineage.add(ReplacementOrder::upgrade, ReplacementResult::ok, 1'700'000'000);
    BOOST_TEST(lineage.text() ==
               "last upgrade   2023-11-14T22:13:20.000Z   generation 7 (1.4.2) → 8 (1.5.0)   ok in 0.41s\n");
    BOOST_TEST(lineage.json_has(R"("result":"ok","ended_at":"2023-11-14T22:13:20.000Z")"));
    BOOST_TEST(lineage.json_has(R"("start":330.000)"));
}

BOOST_AUTO_TEST_CASE(a_failure_is_told_with_the_first_line_of_its_reason) {
    Lineage lineage;
    lineage.add(ReplacementOrder::upgrade, ReplacementResult::failed, 1'700'000'000, "exited 78\nmore");
    BOOST_TEST(lineage.text() ==
               "last upgrade   2023-11-14T22:13:20.000Z   generation 7 (1.4.2) → none   "
               "failed (preflight) after 0.41s: exited 78\n");
    BOOST_TEST(lineage.json_has(R"("phase":"preflight","reason":"exited 78\nmore")"));
}

BOOST_AUTO_TEST_CASE(a_rollback_that_came_later_is_the_last_upgrade) {
    Lineage lineage;
    lineage.add(ReplacementOrder::upgrade, ReplacementResult::rolled_back, 1'700'000'000,
                "error rate 2.10 %");
    BOOST_TEST(lineage.text().find("rolled back (canary) after 0.41s: error rate 2.10 %") !=
               std::string::npos);
    lineage.add(ReplacementOrder::rollback, ReplacementResult::ok, 1'700'000'001);
    BOOST_TEST(lineage.text().starts_with("last rollback   2023-11-14T22:13:21.000Z"));
}

BOOST_AUTO_TEST_CASE(a_reload_is_told_only_when_it_went_wrong) {
    Lineage lineage;
    lineage.add(ReplacementOrder::reload, ReplacementResult::ok, 1'700'000'000);
    BOOST_TEST(lineage.text().empty());
    BOOST_TEST(lineage.json_has(R"("last_good_reload_at":"2023-11-14T22:13:20.000Z")"));
    lineage.add(ReplacementOrder::reload, ReplacementResult::failed, 1'700'000'001, "E-UNIT");
    BOOST_TEST(lineage.text().starts_with("last reload "));
    BOOST_TEST(lineage.json_has(R"("last_good_reload_at":"2023-11-14T22:13:20.000Z")"));
}

BOOST_AUTO_TEST_CASE(a_trial_shows_what_both_generations_do) {
    Lineage lineage;
    lineage.try_successor();
    BOOST_TEST(lineage.text() ==
               "trial   canary, 10 % of new connections, 41s left\n"
               "        generation 7   requests 1200   5xx 0.00 %   p99 4.1 ms\n"
               "        generation 8   requests 130   5xx 10.00 %   p99 4.3 ms\n");
    BOOST_TEST(lineage.json_has(R"("phase":"canary","share_percent":10.0,"ends_in_ms":41000.000)"));
    BOOST_TEST(lineage.json_has(R"({"generation":8,"requests":130,"responses_5xx":13,"p99_ms":4.300})"));
}

BOOST_AUTO_TEST_CASE(a_trial_ends_with_its_judge) {
    Lineage lineage;
    lineage.try_successor();
    lineage.memory.generations()[0].state.store(shared::GenerationState::free);
    BOOST_TEST(lineage.text().empty());
    BOOST_TEST(!lineage.json_has("trial\":{"));
}

BOOST_AUTO_TEST_CASE(the_longest_record_leaves_valid_json) {
    Lineage lineage;
    const std::string longest(511, '\x01');
    lineage.add(ReplacementOrder::upgrade, ReplacementResult::rolled_back, 1, longest.c_str());
    lineage.add(ReplacementOrder::reload, ReplacementResult::failed, 1, longest.c_str());
    lineage.try_successor();
    BOOST_TEST(lineage.json_has(R"("p99_ms":4.300}}})"));
}

BOOST_AUTO_TEST_SUITE_END()
