/// What a master writes into the lineage's ledger: how each replacement ends, and how a trial goes.
#include "server/shared/shared_text.h"
#include "server/version.h"
#include "upgrade/master.h"

#include <algorithm>
#include <cstring>

namespace baton::upgrade {
namespace {

using shared::ReplacementOrder;
using shared::ReplacementRecord;
using shared::ReplacementResult;
using shared::TrialRecord;

/// Between two looks at a trial that others are told of.
constexpr Duration trial_interval = std::chrono::milliseconds{500};

ReplacementOrder order_of(std::string_view what) {
    if (what == "reload") return ReplacementOrder::reload;
    return what == "rollback" ? ReplacementOrder::rollback : ReplacementOrder::upgrade;
}

ReplacementResult result_of(const Outcome& outcome) {
    if (outcome.kind != Outcome::Kind::rolled_back) return ReplacementResult::ok;
    return is_trial(outcome.failed_in) ? ReplacementResult::rolled_back : ReplacementResult::failed;
}

/// The part of the record that the time in this phase belongs to; null for none.
std::int64_t* part_of(ReplacementRecord& record, Phase phase) {
    switch (phase) {
        case Phase::idle: return nullptr;
        case Phase::preflight: return &record.preflight;
        case Phase::spawning:
        case Phase::awaiting_hello:
        case Phase::awaiting_ready: return &record.start;
        case Phase::switching: return &record.switching;
        case Phase::canary:
        case Phase::side_by_side:
        case Phase::probation: return &record.trial;
    }
    return nullptr;
}

void add_time(ReplacementRecord& record, Phase phase, Duration took) {
    if (std::int64_t* const part = part_of(record, phase)) *part += took.count();
}

TrialRecord::Phase phase_of_trial(Phase phase) {
    if (phase == Phase::canary) return TrialRecord::Phase::canary;
    if (phase == Phase::side_by_side) return TrialRecord::Phase::side_by_side;
    return phase == Phase::probation ? TrialRecord::Phase::probation : TrialRecord::Phase::none;
}

TrialRecord::Figures figures_of(const Performance& performance) {
    return {performance.requests, performance.errors, performance.p99().count()};
}

}  // namespace

void Master::note_outcome(const Replacement& replacement, const Outcome& outcome) {
    if (outcome.kind == Outcome::Kind::checked) return;
    ReplacementRecord record;
    record.ended_at = loop_.wall().time_since_epoch().count();
    record.from = replacement.from_generation;
    record.to = outcome.generation;
    record.order = order_of(replacement.what);
    record.result = result_of(outcome);
    for (const auto& step : outcome.steps) add_time(record, step.phase, step.took);
    if (outcome.kind == Outcome::Kind::rolled_back) {
        add_time(record, outcome.failed_in, outcome.failed_after);
        shared::copy_text(record.phase, to_string(outcome.failed_in));
        shared::copy_text(record.reason, outcome.reason);
    }
    shared::copy_text(record.from_version, version);
    if (const auto* const slot = memory_->generation(outcome.generation))
        std::memcpy(record.to_version, slot->version, sizeof record.to_version);
    memory_->replacements().add(record);
    memory_->replacements().write_trial({});
}

/// For `baton status`, whichever master is asked.
void Master::note_trial(std::uint16_t share) {
    if (!comparison_) return;
    TrialRecord trial;
    trial.phase = phase_of_trial(machine_.phase());
    trial.share = share;
    trial.judge_pid = comparison_->own->master_pid.load();
    trial.from = comparison_->own->number.load();
    trial.to = comparison_->successors->number.load();
    if (const auto end = machine_.phase_ends()) trial.ends_at = end->time_since_epoch().count();
    comparison_->noted_at = loop_.now();
    memory_->replacements().write_trial(trial);
}

void Master::note_comparison(const Performance& own, const Performance& successors) {
    if (loop_.now() - comparison_->noted_at < trial_interval) return;
    auto trial = memory_->replacements().trial();
    if (!trial) return;
    trial->predecessors = figures_of(own);
    trial->successors = figures_of(successors);
    comparison_->noted_at = loop_.now();
    memory_->replacements().write_trial(*trial);
}

}  // namespace baton::upgrade
