#include "upgrade/upgrade.h"

#include "server/assert.h"

#include <sysexits.h>

#include <utility>

namespace baton::upgrade {

std::string_view to_string(Phase phase) {
    switch (phase) {
        case Phase::idle: return "idle";
        case Phase::preflight: return "preflight";
        case Phase::spawning: return "spawning";
        case Phase::awaiting_hello: return "awaiting_hello";
        case Phase::awaiting_ready: return "awaiting_ready";
        case Phase::switching: return "switching";
    }
    return "unknown";
}

Upgrade::Upgrade(EventLoop& loop, UpgradeHandler& handler)
    : loop_(loop),
      handler_(handler),
      deadline_(Timer::calling<&Upgrade::on_deadline>(loop.timers(), *this)) {}

Upgrade::~Upgrade() {
    if (request_.successor) request_.successor->abandon();
}

void Upgrade::start(Request request) {
    ASSERT_IN(is_idle(), to_string(phase_).data());
    request_ = std::move(request);
    steps_.clear();
    enter(Phase::preflight);
}

void Upgrade::cancel(int exit_code, const std::string& reason) {
    if (!is_idle()) roll_back(exit_code, reason);
}

void Upgrade::enter(Phase phase) {
    const Phase from = std::exchange(phase_, phase);
    phase_began_ = loop_.now();
    // The successor may answer before its method returns: nothing follows such a call.
    switch (phase) {
        case Phase::idle: deadline_.disarm(); return;
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
            return request_.successor->commit();
    }
}

void Upgrade::finish_phase() {
    steps_.push_back({phase_, loop_.now() - phase_began_});
    if (request_.progress) request_.progress(steps_.back());
}

void Upgrade::on_preflight_passed() {
    if (phase_ != Phase::preflight) return;
    finish_phase();
    if (!request_.preflight_only) return enter(Phase::spawning);
    loop_.destroy_later(std::move(request_.successor));
    enter(Phase::idle);
    Outcome outcome;
    outcome.kind = Outcome::Kind::checked;
    report(std::move(outcome));
}

void Upgrade::on_spawned() {
    if (phase_ != Phase::spawning) return;
    finish_phase();
    enter(Phase::awaiting_hello);
}

void Upgrade::on_hello() {
    if (phase_ != Phase::awaiting_hello) return;
    finish_phase();
    enter(Phase::awaiting_ready);
}

void Upgrade::on_ready() {
    // A successor that claims to be ready before it has said HELLO is broken.
    if (phase_ == Phase::awaiting_hello)
        return roll_back(EX_SOFTWARE, "the successor reported ready before HELLO");
    if (phase_ != Phase::awaiting_ready) return;
    finish_phase();
    enter(Phase::switching);
}

void Upgrade::on_accepting() {
    // Accepting before COMMIT cannot be undone silently: such a successor is ended.
    if (phase_ != Phase::switching)
        return roll_back(EX_SOFTWARE, "the successor accepts before it was told to");
    finish_phase();
    Outcome outcome;
    outcome.kind = Outcome::Kind::switched;
    outcome.successor = request_.successor->name();
    enter(Phase::idle);
    handler_.on_switched(std::move(request_.successor));
    report(std::move(outcome));
}

void Upgrade::on_failed(int exit_code, const std::string& reason) {
    if (!is_idle()) roll_back(exit_code, reason);
}

void Upgrade::on_deadline() {
    const auto waited = std::chrono::duration_cast<std::chrono::milliseconds>(
        phase_ == Phase::switching ? switch_timeout : request_.ready_timeout);
    const char* const missing = phase_ == Phase::preflight ? "the preflight has not ended"
                                : phase_ == Phase::switching
                                    ? "the successor, told to accept, has not answered"
                                    : "the successor is not ready";
    roll_back(1, std::string(missing) + " after " + std::to_string(waited.count()) + " ms");
}

void Upgrade::roll_back(int exit_code, const std::string& reason) {
    if (is_idle()) return;
    Outcome outcome;
    outcome.exit_code = exit_code;
    outcome.failed_in = phase_;
    outcome.reason = reason;
    outcome.successor = request_.successor->name();
    auto successor = std::move(request_.successor);
    enter(Phase::idle);
    successor->abandon();
    handler_.on_rolled_back(*successor, outcome.failed_in);
    loop_.destroy_later(std::move(successor));
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
