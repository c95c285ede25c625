/// Whether a successor on trial does its work as well as its predecessor.
#pragma once

#include "server/shared/lineage_memory.h"

#include <cstdint>
#include <optional>
#include <string>

namespace baton::upgrade {

/// What one generation has done, since it began or in a span of time.
struct Performance {
    std::uint64_t requests = 0;  ///< and connections that failed before one
    std::uint64_t errors = 0;    ///< answered with 5xx, whoever said so, or connections that failed
    shared::LatencyCounts latencies{};

    /// Of a living generation, until now.
    static Performance of(const shared::LineageMemory& memory, const shared::GenerationSlot& generation);
    /// What was done since `earlier`.
    Performance since(const Performance& earlier) const;
    /// What the slowest hundredth waited for the first byte, at least; 0 without a request.
    Duration p99() const;
};

/// What a generation has done of late: the measure for a successor that has got everything.
class RecentPerformance {
public:
    static constexpr Duration span = std::chrono::minutes{2};
    /// Whether `note` wants to be told.
    bool is_due(TimePoint now) const { return now >= next_; }
    void note(TimePoint now, const Performance& until_now);
    /// What it had done one to two spans ago; nothing at all for a younger one.
    const Performance& earlier() const { return earlier_; }

private:
    Performance earlier_, later_;
    TimePoint next_{};
};

struct TrialRules {
    double max_error_rate = 0.01;     ///< above the predecessor's own
    double max_latency_growth = 0.5;  ///< of the percentile
    std::uint32_t percentile = 99;
    std::uint64_t min_requests = 100;
    /// A growth that is shorter is noise of the machine, however little the predecessor needs.
    Duration least_growth = std::chrono::milliseconds{10};

    /// For a predecessor that is compared by what it did before. In a canary both meet the same hiccups of
    /// the machine and of endpoints, so the slowest hundredths can be compared; now and earlier only the
    /// middle.
    TrialRules with_earlier_work() const;
};

struct Judgement {
    enum class Opinion : std::uint8_t { undecided, good, bad };
    Opinion opinion = Opinion::undecided;
    std::string reason;  ///< when it is bad
};

/// Shares are small numbers with a spread of their own, so that the successor is bad only when what it did
/// lies outside of what a good one does in all but one of several hundred trials; looked at many times,
/// `patient`, of 30 000. Undecided with fewer requests than the rules ask for, on either side.
Judgement judge(const Performance& predecessor, const Performance& successor, const TrialRules& rules,
                bool patient);

}  // namespace baton::upgrade
