#include "server/shared/replacement_ledger.h"

namespace baton::shared {

std::string_view to_string(ReplacementOrder order) {
    switch (order) {
        case ReplacementOrder::reload: return "reload";
        case ReplacementOrder::upgrade: return "upgrade";
        case ReplacementOrder::rollback: return "rollback";
        case ReplacementOrder::count_: break;
    }
    return "unknown";
}

std::string_view to_string(ReplacementResult result) {
    switch (result) {
        case ReplacementResult::ok: return "ok";
        case ReplacementResult::failed: return "failed";
        case ReplacementResult::rolled_back: return "rolled_back";
        case ReplacementResult::count_: break;
    }
    return "unknown";
}

void ReplacementLedger::add(const ReplacementRecord& record) {
    const auto order = static_cast<std::size_t>(record.order);
    counts_[order][static_cast<std::size_t>(record.result)].fetch_add(1, std::memory_order_relaxed);
    last_[order].write(record);
    if (record.order == ReplacementOrder::reload && record.result == ReplacementResult::ok)
        last_good_reload_.store(record.ended_at, std::memory_order_relaxed);
}

std::uint64_t ReplacementLedger::count(ReplacementOrder order, ReplacementResult result) const {
    return counts_[static_cast<std::size_t>(order)][static_cast<std::size_t>(result)].load(
        std::memory_order_relaxed);
}

std::optional<ReplacementRecord> ReplacementLedger::last(ReplacementOrder order) const {
    return last_[static_cast<std::size_t>(order)].read();
}

std::optional<TrialRecord> ReplacementLedger::trial() const {
    auto trial = trial_.read();
    if (trial && trial->phase == TrialRecord::Phase::none) trial.reset();
    return trial;
}

void ReplacementLedger::add_drain(std::uint64_t drained, Duration took) {
    drained_.fetch_add(drained, std::memory_order_relaxed);
    last_drain_.store(took.count(), std::memory_order_relaxed);
}

}  // namespace baton::shared
