#include "upgrade/upgrade.h"

#include <boost/test/unit_test.hpp>

using namespace baton;
using namespace baton::upgrade;
using namespace std::chrono_literals;

namespace {

/// Does nothing by itself; the test says for it what it has done.
class FakeSuccessor final : public Successor {
public:
    explicit FakeSuccessor(std::vector<std::string>& calls) : calls_(calls) {}
    ~FakeSuccessor() override { calls_.push_back("destroyed"); }
    void preflight() override { calls_.push_back("preflight"); }
    void spawn() override { calls_.push_back("spawn"); }
    void commit() override { calls_.push_back("commit"); }
    void abandon() override { calls_.push_back("abandon"); }
    std::string name() const override { return "fake"; }
    pid_t pid() const override { return 1; }
    ParcelKinds parcel_kinds() const override { return 0; }
    std::uint32_t worker_count() const override { return 1; }
    void take_over(std::vector<Fd>) override { calls_.push_back("take over"); }

private:
    std::vector<std::string>& calls_;
};

struct Bench : UpgradeHandler {
    void on_switched(std::unique_ptr<Successor> successor) override {
        calls.push_back("switched");
        serving = std::move(successor);
    }
    void on_rolled_back(Successor&, Phase phase) override {
        calls.push_back("rolled back in " + std::string(to_string(phase)));
    }

    void start(bool preflight_only = false) {
        calls.clear();
        outcomes.clear();
        Upgrade::Request request;
        request.successor = std::make_unique<FakeSuccessor>(calls);
        request.ready_timeout = 30s;
        request.preflight_only = preflight_only;
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

    std::vector<std::string> calls;  // outlives the loop, which destroys successors last
    FakeClock clock;
    std::unique_ptr<EventLoop> loop = std::move(*EventLoop::create(clock));
    std::vector<Outcome> outcomes;
    std::unique_ptr<Successor> serving;
    Upgrade machine{*loop, *this};
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

BOOST_AUTO_TEST_SUITE_END()
