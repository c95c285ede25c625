#include "upgrade/upgrade.h"

#include "server/assert.h"

#include <sysexits.h>

#include <utility>

namespace baton::upgrade {

Upgrade::Upgrade(EventLoop& loop, UpgradeHandler& handler)
    : loop_(loop),
      handler_(handler),
      deadline_(Timer::calling<&Upgrade::on_deadline>(loop.timers(), *this)),
      look_(Timer::calling<&Upgrade::on_look>(loop.timers(), *this)) {}

Upgrade::~Upgrade() {
    if (request_.successor) request_.successor->abandon();
}

void Upgrade::start(Request request) {
    ASSERT_IN(reaction(phase_, Event::order) == Reaction::start, to_string(phase_).data());
    request_ = std::move(request);
    steps_.clear();
    enter(Phase::preflight);
}

void Upgrade::cancel(int exit_code, const std::string& reason) {
    happen(Event::cancel, exit_code, reason);
}

void Upgrade::stand_by() {
    happen(Event::stand_by);
}

void Upgrade::keep() {
    happen(Event::keep);
}

void Upgrade::happen(Event event, int exit_code, const std::string& reason) {
    switch (reaction(phase_, event)) {
        case Reaction::none:
        case Reaction::start:
        case Reaction::refuse: return;  // `start` and whoever would call it look at the table themselves
        case Reaction::advance: return advance();
        case Reaction::roll_back: return roll_back(exit_code, reason);
        case Reaction::judge: share_time_over_ = true; return;
        case Reaction::stay: return conclude();
        case Reaction::take_back: return take_back(exit_code, reason, true);
        case Reaction::abandon: return take_back(exit_code, reason, false);
    }
}

Commit Upgrade::terms() const {
    Commit terms;
    if (!request_.successor->knows_trials()) return terms;
    terms.on_trial =
        request_.confirm_window > Duration::zero() || !request_.shares.empty() || request_.manual;
    if (!request_.shares.empty()) terms.share = request_.shares.front();
    return terms;
}

void Upgrade::enter(Phase phase) {
    const Phase from = std::exchange(phase_, phase);
    phase_began_ = loop_.now();
    // The successor may answer before its method returns: nothing follows such a call.
    switch (phase) {
        case Phase::idle:
            deadline_.disarm();
            look_.disarm();
            return;
        case Phase::preflight:
            ASSERT(from == Phase::idle);
            deadline_.arm(request_.ready_timeout);
            return request_.successor->preflight();
        case Phase::spawning:
            ASSERT(from == Phase::preflight);
            deadline_.arm(request_.ready_timeout);  // holds until ready
            return request_.successor->spawn();
        case Phase::awaiting_hello: ASSERT(from == Phase::spawning); return;
        case Phase::awaiting_ready: ASSERT(from == Phase::awaiting_hello); return;
        case Phase::switching:
            ASSERT(from == Phase::awaiting_ready);
            deadline_.arm(switch_timeout);
            return request_.successor->commit(terms());
        case Phase::canary:
            ASSERT(from == Phase::switching);
            share_ = 0;
            look_.arm(look_interval);
            return try_share();
        case Phase::side_by_side:
            ASSERT(from == Phase::switching);
            deadline_.disarm();
            look_.arm(look_interval);
            return handler_.on_side_by_side(*request_.successor);
        case Phase::probation:
            ASSERT(from == Phase::switching || from == Phase::canary || from == Phase::side_by_side);
            request_.manual ? deadline_.disarm() : deadline_.arm(request_.confirm_window);
            look_.arm(look_interval);
            return handler_.on_probation(*request_.successor);
    }
}

void Upgrade::finish_phase() {
    steps_.push_back({phase_, loop_.now() - phase_began_});
    if (request_.progress) request_.progress(steps_.back());
}

void Upgrade::advance() {
    finish_phase();
    switch (phase_) {
        case Phase::preflight:
            if (request_.preflight_only) return end_preflight();
            return enter(Phase::spawning);
        case Phase::spawning: return enter(Phase::awaiting_hello);
        case Phase::awaiting_hello:
            if ((request_.manual || !request_.shares.empty()) && !request_.successor->knows_trials())
                return roll_back(1, "a trial was asked for, and the successor does not know what that is");
            return enter(Phase::awaiting_ready);
        case Phase::awaiting_ready: return enter(Phase::switching);
        case Phase::switching:
            if (!terms().on_trial) return conclude();
            return enter(after_switch());
        case Phase::side_by_side: return enter(Phase::probation);
        case Phase::idle:
        case Phase::canary:
        case Phase::probation: ASSERT_IN(false, to_string(phase_).data());
    }
}

Phase Upgrade::after_switch() const {
    if (request_.manual) return Phase::side_by_side;
    return request_.shares.empty() ? Phase::probation : Phase::canary;
}

void Upgrade::end_preflight() {
    loop_.destroy_later(std::move(request_.successor));
    enter(Phase::idle);
    Outcome outcome;
    outcome.kind = Outcome::Kind::checked;
    report(std::move(outcome));
}

void Upgrade::on_preflight_passed() {
    happen(Event::preflight_passed);
}

void Upgrade::on_spawned() {
    happen(Event::spawned);
}

void Upgrade::on_hello() {
    happen(Event::hello);
}

void Upgrade::on_ready() {
    happen(Event::ready, EX_SOFTWARE, "the successor reported ready before HELLO");
}

/// Accepting before COMMIT cannot be undone silently: such a successor is ended.
void Upgrade::on_accepting() {
    happen(Event::accepting, EX_SOFTWARE, "the successor accepts before, or after, it was told to");
}

void Upgrade::on_failed(int exit_code, const std::string& reason) {
    happen(Event::failed, exit_code, reason);
}

void Upgrade::try_share() {
    share_time_over_ = false;
    deadline_.arm(request_.share_time);
    handler_.on_canary(*request_.successor, request_.shares[share_]);
}

/// Once its time is over a share lasts until there is an opinion.
void Upgrade::look_at_canary() {
    const Judgement judgement = handler_.judge(*request_.successor, !share_time_over_);
    if (judgement.opinion == Judgement::Opinion::bad) return happen(Event::fault_found, 1, judgement.reason);
    look_.arm(look_interval);
    if (!share_time_over_ || judgement.opinion == Judgement::Opinion::undecided) return;
    if (++share_ < request_.shares.size()) return try_share();
    finish_phase();
    enter(Phase::probation);
}

/// The successor serves for good.
void Upgrade::conclude() {
    // The live connections go along whoever decides.
    if (phase_ == Phase::canary || phase_ == Phase::side_by_side) {
        finish_phase();
        enter(Phase::probation);
    }
    if (phase_ == Phase::probation) {
        finish_phase();
        request_.successor->end_trial();
    }
    Outcome outcome;
    outcome.kind = Outcome::Kind::switched;
    outcome.successor = request_.successor->name();
    outcome.generation = request_.successor->generation();
    enter(Phase::idle);
    handler_.on_switched(std::move(request_.successor));
    report(std::move(outcome));
}

void Upgrade::on_look() {
    if (phase_ == Phase::canary) return look_at_canary();
    const Judgement judgement = handler_.judge(*request_.successor, true);
    if (judgement.opinion == Judgement::Opinion::bad) return happen(Event::fault_found, 1, judgement.reason);
    look_.arm(look_interval);
}

void Upgrade::on_deadline() {
    happen(Event::deadline, 1, missing());
}

std::string Upgrade::missing() const {
    const auto waited = std::chrono::duration_cast<std::chrono::milliseconds>(
        phase_ == Phase::switching ? switch_timeout : request_.ready_timeout);
    const char* const what = phase_ == Phase::preflight   ? "the preflight has not ended"
                             : phase_ == Phase::switching ? "the successor, told to accept, has not answered"
                                                          : "the successor is not ready";
    return std::string(what) + " after " + std::to_string(waited.count()) + " ms";
}

Outcome Upgrade::failure(int exit_code, const std::string& reason) const {
    Outcome outcome;
    outcome.exit_code = exit_code;
    outcome.failed_in = phase_;
    outcome.failed_after = loop_.now() - phase_began_;
    outcome.reason = reason;
    outcome.successor = request_.successor->name();
    outcome.generation = request_.successor->generation();
    return outcome;
}

void Upgrade::roll_back(int exit_code, const std::string& reason) {
    Outcome outcome = failure(exit_code, reason);
    auto successor = std::move(request_.successor);
    enter(Phase::idle);
    successor->abandon();
    handler_.on_rolled_back(*successor, outcome.failed_in);
    loop_.destroy_later(std::move(successor));
    report(std::move(outcome));
}

void Upgrade::take_back(int exit_code, const std::string& reason, bool successor_lives) {
    Outcome outcome = failure(exit_code, reason);
    auto successor = std::move(request_.successor);
    enter(Phase::idle);
    if (!successor_lives) successor->abandon();
    handler_.on_taken_back(std::move(successor), successor_lives);
    report(std::move(outcome));
}

void Upgrade::report(Outcome outcome) {
    outcome.steps = std::move(steps_);
    steps_.clear();
    const auto done = std::move(request_.done);
    request_ = Request{};
    if (done) done(outcome);
}

}  // namespace baton::upgrade
