/// A successor on trial, seen from both masters: the one that stands by and the one that is judged.
#include "server/log/log.h"
#include "upgrade/drain.h"
#include "upgrade/lineage_janitor.h"
#include "upgrade/links.h"
#include "upgrade/master.h"
#include "upgrade/successor_process.h"
#include "upgrade/verdict.h"

#include <signal.h>
#include <sysexits.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace baton::upgrade {
namespace {

/// One may be chance.
constexpr std::uint32_t most_worker_deaths = 1;

}  // namespace

// --- The predecessor ---

/// As ordered, and as configured where the order says nothing. Who rolls back goes to what has proved itself.
void Master::put_on_trial(Upgrade::Request& request, const admin::CanaryOrder& order) {
    constexpr double whole = AcceptShare::whole;
    request.confirm_window = config().upgrade.confirm_window;
    request.manual = config().upgrade.commit == config::CommitMode::manual;
    if (request.manual) return;
    const config::Canary& canary = config().upgrade.canary;
    request.shares = order.shares;
    if (request.shares.empty())
        for (const double share : canary.share)
            request.shares.push_back(static_cast<std::uint16_t>(std::max(std::lround(share * whole), 1L)));
    request.share_time = order.time.value_or(canary.time);
    trial_rules_.max_error_rate =
        order.max_error_rate ? *order.max_error_rate / whole : canary.max_error_rate;
    trial_rules_.max_latency_growth = order.max_latency ? *order.max_latency / whole : canary.max_latency;
    trial_rules_.min_requests = canary.min_requests;
}

void Master::on_canary(Successor& successor, std::uint16_t share) {
    if (comparison_) successor.take_share(share);  // the first came with COMMIT
    begin_comparison(successor);
    note_trial(share);
    current_->share_accepting({share, AcceptShare::whole});
    log::notice("canary.share").with("successor", successor.name()).with("percent", share / 10);
}

void Master::on_side_by_side(Successor& successor) {
    begin_comparison(successor);
    note_trial(0);
    const std::string path = config().process.pid_file + ".oldbin";
    if (auto written = PidFile::write(path, PidFile::From::nobody)) {
        old_pid_file_ = std::move(*written);
    } else {
        log::error("master.old_pid_file_not_written").with("path", path).with("error", written.error());
    }
    log::notice("upgrade.side_by_side").with("successor", successor.name());
}

/// What a signal means to a predecessor whose successor is on trial by hand. False: what it always means.
bool Master::obey_by_hand(int signal) {
    const auto phase = machine_.phase();
    if (config().upgrade.commit != config::CommitMode::manual ||
        (phase != upgrade::Phase::side_by_side && phase != upgrade::Phase::probation))
        return false;
    switch (signal) {
        case SIGWINCH: machine_.stand_by(); return true;
        case SIGQUIT: machine_.keep(); return true;
        case SIGHUP: machine_.cancel(1, "taken back by HUP"); return true;
        default: return false;
    }
}

void Master::on_probation(Successor& successor) {
    if (comparison_) successor.take_share(AcceptShare::whole);
    begin_comparison(successor);
    note_trial(AcceptShare::whole);
    stands_by_ = true;
    current_->stand_by();
    join_workers(successor);
}

void Master::begin_comparison(Successor& successor) {
    Comparison comparison;
    comparison.own = memory_->generation(current_->number());
    comparison.successors = memory_->generation(successor.generation());
    if (comparison.own == nullptr || comparison.successors == nullptr) return;
    const bool at_once = machine_.phase() != upgrade::Phase::probation;
    comparison.own_then = at_once ? Performance::of(*memory_, *comparison.own) : recent_.earlier();
    comparison.successors_then = Performance::of(*memory_, *comparison.successors);
    comparison.rules = rules_of_trial();
    comparison_ = comparison;
}

/// A predecessor that has no share any more is compared by what it did before.
std::optional<TrialRules> Master::rules_of_trial() const {
    if (config().upgrade.commit == config::CommitMode::manual) return std::nullopt;
    return machine_.phase() == upgrade::Phase::probation ? trial_rules_.with_earlier_work() : trial_rules_;
}

void Master::note_performance() {
    if (phase_ != Phase::serving || !recent_.is_due(loop_.now())) return;
    if (const auto* const own = memory_->generation(current_->number()))
        recent_.note(loop_.now(), Performance::of(*memory_, *own));
}

Judgement Master::judge(Successor&, bool meanwhile) {
    if (!comparison_) return {Judgement::Opinion::good, {}};
    const auto own = Performance::of(*memory_, *comparison_->own).since(comparison_->own_then);
    const auto successors =
        Performance::of(*memory_, *comparison_->successors).since(comparison_->successors_then);
    note_comparison(own, successors);
    if (config().upgrade.rollback == config::Rollback::never || !terms_.rolls_back_by_itself)
        return {Judgement::Opinion::good, {}};
    const auto deaths = comparison_->successors->worker_deaths.load(std::memory_order_relaxed);
    if (deaths > most_worker_deaths)
        return {Judgement::Opinion::bad, std::to_string(deaths) + " workers of generation " +
                                             std::to_string(comparison_->successors->number.load()) +
                                             " died on probation"};
    if (!comparison_->rules) return {Judgement::Opinion::good, {}};
    return upgrade::judge(own, successors, *comparison_->rules, meanwhile);
}

void Master::on_taken_back(std::unique_ptr<Successor> successor, bool lives) {
    stands_by_ = false;
    comparison_.reset();
    old_pid_file_ = PidFile{};
    current_->take_back();
    retake_paths();
    auto* const process = dynamic_cast<SuccessorProcess*>(successor.get());
    if (lives && process != nullptr) {
        have_returned(*process);
    } else {
        mark_closing(*memory_, successor->pid());
        look_after_orphans();
    }
    loop_.destroy_later(std::move(successor));
}

/// From now on it is an older master like the others, though its generation has a higher number.
void Master::have_returned(SuccessorProcess& successor) {
    std::vector<Fd> ends;
    if (auto links =
            links_between(successor.worker_count(), current_->worker_count(), successor.parcel_kinds())) {
        current_->take_over(std::move(links->of_successor));
        ends = std::move(links->of_predecessor);
    }
    successor.give_back(std::move(ends));
    elders_.add(successor.take_channel());
}

void Master::on_order_of_successor(const ControlMessage& message) {
    if (const auto* const decide = std::get_if<Decide>(&message)) {
        if (decide->decision == Decide::Decision::keep) return machine_.keep();
        return machine_.cancel(1, "taken back by an order");
    }
    if (std::holds_alternative<Reopen>(message)) return reopen_logs();
    const auto* const stop = std::get_if<Stop>(&message);
    if (stop == nullptr) return;  // what it invites is on its way already
    // All of them hear of each generation that is closed early. Who is meant has nothing to take back.
    if (stop->generation == 0 || stop->generation == current_->number()) machine_.keep();
    obey(message);
}

// --- The successor ---

bool Master::is_on_trial() {
    if (judge_ != nullptr && !elders_.has(judge_)) end_trial("the predecessor has ended");
    return judge_ != nullptr;
}

void Master::end_trial(const std::string& why) {
    judge_ = nullptr;
    current_->share_accepting({});
    log::notice("probation.over").with("generation", current_->number()).with("reason", why);
    if (const auto reply = std::exchange(decision_reply_, nullptr))
        reply({0, "generation " + std::to_string(current_->number()) + " stays: " + why,
               R"({"event":"probation.over","result":"kept"})"});
}

/// It stops: whatever the judge says comes too late.
void Master::forget_trial() {
    judge_ = nullptr;
    if (const auto reply = std::exchange(decision_reply_, nullptr))
        reply(refusal("the order", EX_TEMPFAIL, "this instance stops"));
}

void Master::decide(Decide::Decision decision, const std::string& what, admin::Reply reply) {
    if (!is_on_trial()) return reply(refusal(what, 1, "no upgrade is on probation"));
    if (decision_reply_)
        return reply(refusal(what, EX_TEMPFAIL, "the end of the probation has been ordered"));
    decision_reply_ = std::move(reply);
    judge_->send(Decide{decision});
}

void Master::on_word_of_elder(ControlChannel& line, const ControlMessage& word, std::vector<Fd> links) {
    if (&line != judge_) return on_late_order(line, word);
    if (std::holds_alternative<TrialOver>(word)) return end_trial("it has proved itself");
    if (const auto* const share = std::get_if<Share>(&word))
        return current_->share_accepting({0, std::min(share->share, AcceptShare::whole)});
    if (const auto* const order = std::get_if<Return>(&word)) return give_back(*order, std::move(links));
}

/// As after a switch, with the predecessor in the place of the successor.
void Master::give_back(const Return& order, std::vector<Fd> links) {
    log::warn("probation.failed").with("generation", current_->number()).with("returns_to", order.generation);
    if (const auto reply = std::exchange(decision_reply_, nullptr))
        reply({0,
               "generation " + std::to_string(order.generation) + " serves again, generation " +
                   std::to_string(current_->number()) + " drains",
               R"({"event":"probation.over","result":"taken_back"})"});
    successor_line_ = elders_.release(*judge_);
    successor_line_->set_handler(*this);
    judge_ = nullptr;
    // Nobody is to hear of an end that can move.
    current_->hand_over(std::move(links));
    enter(Phase::retiring);
}

// --- Both, when the word of each crosses the other's ---

/// RETURN has met a successor that passes on what it was ordered. Whoever ordered it meant the instance, and
/// that is this generation again. A successor that stops then waits for its predecessor no more: only one of
/// them may wait for the other.
void Master::on_late_order(ControlChannel& line, const ControlMessage& order) {
    const bool serves = phase_ == Phase::serving;
    if (serves && std::holds_alternative<Reopen>(order)) return reopen_logs();
    const auto* const stop = std::get_if<Stop>(&order);
    if (stop == nullptr || stop->generation != 0) return;
    if (serves) return stop_by(order_of(*stop));
    if (phase_ != Phase::stopping) return;
    successor_line_ = elders_.release(line);
    successor_line_->set_handler(*this);
    end_when_empty();
}

}  // namespace baton::upgrade
