#include "upgrade/upgrade.h"

#include <boost/test/unit_test.hpp>

using namespace baton;
using namespace baton::upgrade;
using namespace std::chrono_literals;

namespace {

/// Does nothing by itself; the test says for it what it has done.
class FakeSuccessor final : public Successor {
public:
    FakeSuccessor(std::vector<std::string>& calls, bool knows_trials)
        : calls_(calls), knows_trials_(knows_trials) {}
    ~FakeSuccessor() override { calls_.push_back("destroyed"); }
    void preflight() override { calls_.push_back("preflight"); }
    void spawn() override { calls_.push_back("spawn"); }
    void commit(const Commit& terms) override {
        calls_.push_back(terms.on_trial ? "commit on trial" : "commit");
        if (terms.share != Commit{}.share) calls_.push_back("share " + std::to_string(terms.share));
    }
    void end_trial() override { calls_.push_back("end trial"); }
    bool knows_trials() const override { return knows_trials_; }
    void abandon() override { calls_.push_back("abandon"); }
    std::string name() const override { return "fake"; }
    pid_t pid() const override { return 1; }
    ParcelKinds parcel_kinds() const override { return 0; }
    std::uint32_t worker_count() const override { return 1; }
    void take_over(std::vector<Fd>) override { calls_.push_back("take over"); }

private:
    std::vector<std::string>& calls_;
    bool knows_trials_;
};

struct Bench : UpgradeHandler {
    void on_switched(std::unique_ptr<Successor> successor) override {
        calls.push_back("switched");
        serving = std::move(successor);
    }
    void on_rolled_back(Successor&, Phase phase) override {
        calls.push_back("rolled back in " + std::string(to_string(phase)));
    }
    void on_probation(Successor&) override { calls.push_back("on probation"); }
    void on_canary(Successor&, std::uint16_t share) override {
        calls.push_back("canary " + std::to_string(share));
    }
    void on_side_by_side(Successor&) override { calls.push_back("side by side"); }
    Judgement judge(Successor&, bool meanwhile) override {
        if (fault) return {Judgement::Opinion::bad, *fault};
        if (undecided) return {};
        if (!meanwhile) calls.push_back("judged");
        return {Judgement::Opinion::good, {}};
    }
    void on_taken_back(std::unique_ptr<Successor> successor, bool lives) override {
        calls.push_back(lives ? "taken back" : "taken back from the dead");
        loop->destroy_later(std::move(successor));
    }

    void start(bool preflight_only = false) {
        calls.clear();
        outcomes.clear();
        Upgrade::Request request;
        request.successor = std::make_unique<FakeSuccessor>(calls, knows_trials);
        request.ready_timeout = 30s;
        request.preflight_only = preflight_only;
        request.confirm_window = confirm_window;
        request.shares = shares;
        request.manual = manual;
        request.share_time = 120s;
        request.done = [this](const Outcome& outcome) { outcomes.push_back(outcome); };
        machine.start(std::move(request));
    }
    SuccessorObserver& successor() { return machine.observer(); }
    void advance_to(Phase phase) {
        start();
        if (phase == Phase::preflight) return;
        successor().on_preflight_passed();
        if (phase == Phase::spawning) return;
        successor().on_spawned();
        if (phase == Phase::awaiting_hello) return;
        successor().on_hello();
        if (phase == Phase::awaiting_ready) return;
        successor().on_ready();
    }
    void pass(Duration time) {
        clock.advance(time);
        loop->turn(Duration{0});
        loop->turn(Duration{0});
    }
    const Outcome& outcome() const {
        BOOST_REQUIRE_EQUAL(outcomes.size(), 1U);
        return outcomes.front();
    }

    Duration confirm_window{};
    bool knows_trials = true;
    std::vector<std::uint16_t> shares;
    std::optional<std::string> fault;
    bool undecided = false;
    bool manual = false;
    std::vector<std::string> calls;  // outlives the loop, which destroys successors last
    FakeClock clock;
    std::unique_ptr<EventLoop> loop = std::move(*EventLoop::create(clock));
    std::vector<Outcome> outcomes;
    std::unique_ptr<Successor> serving;
    Upgrade machine{*loop, *this};
};

/// A machine whose successor accepts on trial for a minute.
struct Trial : Bench {
    Trial() {
        confirm_window = 60s;
        advance_to(Phase::switching);
        successor().on_accepting();
    }
};

/// One whose successor gets a tenth, then half.
struct CanaryTrial : Bench {
    CanaryTrial() {
        confirm_window = 60s;
        shares = {100, 500};
        advance_to(Phase::switching);
        successor().on_accepting();
    }
};

/// One on which the operator decides.
struct TrialByHand : Bench {
    TrialByHand() {
        manual = true;
        advance_to(Phase::switching);
        successor().on_accepting();
    }
};

using Calls = std::vector<std::string>;
constexpr Phase busy_phases[] = {Phase::preflight, Phase::spawning, Phase::awaiting_hello,
                                 Phase::awaiting_ready, Phase::switching};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(upgrade_machine, Bench)

BOOST_AUTO_TEST_CASE(a_good_successor_is_led_from_preflight_to_the_switch) {
    advance_to(Phase::switching);
    BOOST_TEST(calls == (Calls{"preflight", "spawn", "commit"}), boost::test_tools::per_element());
    successor().on_accepting();
    BOOST_TEST(machine.is_idle());
    BOOST_TEST(calls.back() == "switched");
    BOOST_TEST((outcome().kind == Outcome::Kind::switched));
    BOOST_TEST(outcome().exit_code == 0);
    BOOST_TEST(outcome().steps.size() == 5U);
}

BOOST_AUTO_TEST_CASE(a_failure_in_any_phase_leads_back_to_idle_and_the_next_one_works) {
    for (const Phase phase : busy_phases) {
        advance_to(phase);
        successor().on_failed(78, "it is broken");
        BOOST_TEST(machine.is_idle());
        BOOST_TEST((outcome().kind == Outcome::Kind::rolled_back));
        BOOST_TEST((outcome().failed_in == phase));
        BOOST_TEST(outcome().exit_code == 78);
        BOOST_TEST(outcome().reason == "it is broken");
        BOOST_TEST(std::ranges::count(calls, "abandon") == 1);
        pass(0s);
        BOOST_TEST(calls.back() == "destroyed");
    }
    advance_to(Phase::switching);
    successor().on_accepting();
    BOOST_TEST((outcome().kind == Outcome::Kind::switched));
}

BOOST_AUTO_TEST_CASE(silence_in_any_phase_ends_at_its_deadline) {
    for (const Phase phase : busy_phases) {
        advance_to(phase);
        pass(phase == Phase::switching ? 4s : 29s);
        BOOST_TEST(outcomes.empty());
        pass(2s);
        BOOST_TEST((outcome().failed_in == phase));
        BOOST_TEST(outcome().exit_code == 1);
        BOOST_TEST(machine.is_idle());
    }
}

BOOST_AUTO_TEST_CASE(the_deadline_of_ready_counts_from_the_spawn) {
    advance_to(Phase::awaiting_hello);
    pass(20s);
    successor().on_hello();
    pass(11s);
    BOOST_TEST((outcome().failed_in == Phase::awaiting_ready));
}

BOOST_AUTO_TEST_CASE(a_preflight_alone_starts_nothing) {
    start(true);
    successor().on_preflight_passed();
    BOOST_TEST((outcome().kind == Outcome::Kind::checked));
    BOOST_TEST(machine.is_idle());
    BOOST_TEST(std::ranges::count(calls, "spawn") == 0);
}

BOOST_AUTO_TEST_CASE(a_cancelled_replacement_says_why) {
    advance_to(Phase::awaiting_ready);
    machine.cancel(75, "the instance was told to stop");
    BOOST_TEST(outcome().exit_code == 75);
    BOOST_TEST(outcome().reason == "the instance was told to stop");
    machine.cancel(75, "nothing runs");
    BOOST_TEST(outcomes.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_successor_that_claims_ready_before_hello_is_ended) {
    advance_to(Phase::awaiting_hello);
    successor().on_ready();
    BOOST_TEST((outcome().kind == Outcome::Kind::rolled_back));
}

BOOST_AUTO_TEST_CASE(a_successor_that_accepts_untold_is_ended) {
    advance_to(Phase::awaiting_ready);
    successor().on_accepting();
    BOOST_TEST((outcome().kind == Outcome::Kind::rolled_back));
    BOOST_TEST(serving == nullptr);
}

BOOST_AUTO_TEST_CASE(a_report_that_comes_late_changes_nothing) {
    advance_to(Phase::awaiting_ready);
    successor().on_failed(1, "dead");
    successor().on_ready();
    successor().on_accepting();
    successor().on_failed(1, "still dead");
    BOOST_TEST(outcomes.size() == 1U);
    BOOST_TEST(machine.is_idle());
}

BOOST_AUTO_TEST_CASE(each_phase_that_went_well_reports_how_long_it_took) {
    start();
    pass(3s);
    successor().on_preflight_passed();
    successor().on_failed(1, "x");
    BOOST_REQUIRE_EQUAL(outcome().steps.size(), 1U);
    BOOST_TEST((outcome().steps[0].phase == Phase::preflight));
    BOOST_TEST((outcome().steps[0].took == 3s));
}

BOOST_AUTO_TEST_CASE(a_failure_says_how_long_its_phase_had_lasted) {
    start();
    pass(3s);
    successor().on_preflight_passed();
    pass(2s);
    successor().on_failed(1, "x");
    BOOST_TEST((outcome().failed_in == Phase::spawning));
    BOOST_TEST((outcome().failed_after == 2s));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(upgrade_machine_on_probation, Trial)

BOOST_AUTO_TEST_CASE(a_successor_that_stays_without_fault_is_kept_when_the_window_is_over) {
    BOOST_TEST(calls == (Calls{"preflight", "spawn", "commit on trial", "on probation"}),
               boost::test_tools::per_element());
    BOOST_TEST((machine.phase() == Phase::probation));
    BOOST_TEST((machine.phase_ends() == loop->now() + 60s));
    pass(59s);
    BOOST_TEST(outcomes.empty());
    pass(2s);
    BOOST_TEST((outcome().kind == Outcome::Kind::switched));
    BOOST_TEST(outcome().steps.size() == 6U);
    BOOST_TEST(std::ranges::count(calls, "end trial") == 1);
    BOOST_TEST(calls.back() == "switched");
}

BOOST_AUTO_TEST_CASE(a_fault_has_everything_taken_back_from_a_successor_that_lives) {
    fault = "two of its workers died";
    pass(200ms);
    BOOST_TEST((outcome().kind == Outcome::Kind::rolled_back));
    BOOST_TEST((outcome().failed_in == Phase::probation));
    BOOST_TEST(outcome().exit_code == 1);
    BOOST_TEST(outcome().reason == "two of its workers died");
    BOOST_TEST(std::ranges::count(calls, "abandon") == 0);
    BOOST_TEST(std::ranges::count(calls, "taken back") == 1);
    BOOST_TEST(machine.is_idle());
}

BOOST_AUTO_TEST_CASE(a_successor_that_dies_is_abandoned_and_the_predecessor_serves_again) {
    successor().on_failed(1, "killed");
    BOOST_TEST((outcome().failed_in == Phase::probation));
    BOOST_TEST(std::ranges::count(calls, "abandon") == 1);
    BOOST_TEST(std::ranges::count(calls, "taken back from the dead") == 1);
}

BOOST_AUTO_TEST_CASE(an_order_ends_the_probation_either_way) {
    machine.keep();
    BOOST_TEST((outcome().kind == Outcome::Kind::switched));
    machine.keep();
    BOOST_TEST(outcomes.size() == 1U);
    advance_to(Phase::switching);
    machine.keep();
    BOOST_TEST((machine.phase() == Phase::switching));
    successor().on_accepting();
    machine.cancel(1, "taken back by an order");
    BOOST_TEST(outcome().reason == "taken back by an order");
    BOOST_TEST(calls.back() == "taken back");
}

BOOST_AUTO_TEST_CASE(what_a_successor_says_later_changes_nothing) {
    successor().on_ready();
    successor().on_hello();
    BOOST_TEST((machine.phase() == Phase::probation));
    successor().on_accepting();
    BOOST_TEST((outcome().failed_in == Phase::probation));
    BOOST_TEST(calls.back() == "taken back from the dead");
}

BOOST_AUTO_TEST_CASE(one_that_does_not_know_what_a_trial_is_serves_for_good_at_once) {
    machine.keep();
    knows_trials = false;
    advance_to(Phase::switching);
    BOOST_TEST(calls.back() == "commit");
    successor().on_accepting();
    BOOST_TEST((outcome().kind == Outcome::Kind::switched));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(upgrade_machine_with_canary, CanaryTrial)

BOOST_AUTO_TEST_CASE(a_good_successor_gets_share_after_share_and_then_everything_on_probation) {
    BOOST_TEST(calls == (Calls{"preflight", "spawn", "commit on trial", "share 100", "canary 100"}),
               boost::test_tools::per_element());
    pass(119s);
    BOOST_TEST(calls.back() == "canary 100");
    pass(2s);
    pass(100ms);
    BOOST_TEST(calls.back() == "canary 500");
    pass(121s);
    pass(100ms);
    BOOST_TEST(calls.back() == "on probation");
    BOOST_TEST((machine.phase() == Phase::probation));
    pass(61s);
    BOOST_TEST((outcome().kind == Outcome::Kind::switched));
    BOOST_TEST(outcome().steps.size() == 7U);
}

BOOST_AUTO_TEST_CASE(a_share_lasts_until_there_is_an_opinion) {
    undecided = true;
    pass(10min);
    BOOST_TEST((machine.phase() == Phase::canary));
    BOOST_TEST(calls.back() == "canary 100");
    undecided = false;
    pass(100ms);
    BOOST_TEST(calls.back() == "canary 500");
}

BOOST_AUTO_TEST_CASE(a_bad_one_is_taken_back_before_its_time_is_over) {
    fault = "error rate 2.00 % of 1000 requests";
    pass(100ms);
    BOOST_TEST((outcome().failed_in == Phase::canary));
    BOOST_TEST(outcome().reason == "error rate 2.00 % of 1000 requests");
    BOOST_TEST(std::ranges::count(calls, "taken back") == 1);
}

BOOST_AUTO_TEST_CASE(an_order_in_its_favour_gives_it_everything_at_once) {
    machine.keep();
    BOOST_TEST((outcome().kind == Outcome::Kind::switched));
    BOOST_TEST(std::ranges::count(calls, "on probation") == 1);
    BOOST_TEST(calls.back() == "switched");
}

BOOST_AUTO_TEST_CASE(without_a_window_it_serves_for_good_when_it_has_proved_itself) {
    machine.keep();
    confirm_window = 0s;
    shares = {100};
    advance_to(Phase::switching);
    successor().on_accepting();
    pass(121s);
    pass(100ms);
    pass(100ms);
    BOOST_TEST((outcome().kind == Outcome::Kind::switched));
}

BOOST_AUTO_TEST_CASE(a_successor_that_does_not_know_what_a_canary_is_is_refused) {
    machine.keep();
    knows_trials = false;
    start();
    successor().on_preflight_passed();
    successor().on_spawned();
    successor().on_hello();
    BOOST_TEST((outcome().kind == Outcome::Kind::rolled_back));
    BOOST_TEST((outcome().failed_in == Phase::awaiting_hello));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(upgrade_machine_by_hand, TrialByHand)

BOOST_AUTO_TEST_CASE(both_accept_until_somebody_decides) {
    BOOST_TEST(calls == (Calls{"preflight", "spawn", "commit on trial", "side by side"}),
               boost::test_tools::per_element());
    pass(24h);
    BOOST_TEST((machine.phase() == Phase::side_by_side));
    machine.stand_by();
    BOOST_TEST(calls.back() == "on probation");
    pass(24h);
    BOOST_TEST((machine.phase() == Phase::probation));
    machine.stand_by();
    machine.keep();
    BOOST_TEST((outcome().kind == Outcome::Kind::switched));
}

BOOST_AUTO_TEST_CASE(keep_hands_everything_over_first) {
    machine.keep();
    BOOST_TEST(std::ranges::count(calls, "on probation") == 1);
    BOOST_TEST(calls.back() == "switched");
}

BOOST_AUTO_TEST_CASE(a_cancel_takes_it_back_in_either_phase) {
    machine.cancel(1, "taken back by HUP");
    BOOST_TEST((outcome().failed_in == Phase::side_by_side));
    BOOST_TEST(calls.back() == "taken back");
    advance_to(Phase::switching);
    successor().on_accepting();
    machine.stand_by();
    machine.cancel(1, "taken back by HUP");
    BOOST_TEST((outcome().failed_in == Phase::probation));
}

BOOST_AUTO_TEST_SUITE_END()
