/// What became of a lineage's replacements: how often each kind of order ended how, the last ones, and the
/// trial that is under way.
///
/// Lies in the lineage's memory. It is written by the master that is replaced (there is one replacement at a
/// time) and read by whichever master is asked.
#pragma once

#include "server/event/clock.h"
#include "server/shared/published.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace baton::shared {

enum class ReplacementOrder : std::uint8_t { reload, upgrade, rollback, count_ };
enum class ReplacementResult : std::uint8_t {
    ok,           ///< the successor serves
    failed,       ///< it never served: nothing has changed
    rolled_back,  ///< it served on trial, and everything was taken back
    count_,
};
std::string_view to_string(ReplacementOrder order);
std::string_view to_string(ReplacementResult result);

/// How one replacement ended. Texts end with a zero and are cut where they do not fit.
struct ReplacementRecord {
    std::int64_t ended_at = 0;  ///< wall clock, nanoseconds
    // Nanoseconds in each part of the way; 0 = it did not come so far.
    std::int64_t preflight = 0;
    std::int64_t start = 0;
    std::int64_t switching = 0;
    std::int64_t trial = 0;
    std::uint32_t from = 0;  ///< generation
    std::uint32_t to = 0;    ///< 0 = the successor had none yet
    ReplacementOrder order = ReplacementOrder::reload;
    ReplacementResult result = ReplacementResult::ok;
    char phase[22]{};  ///< in which it ended badly
    char from_version[32]{};
    char to_version[32]{};
    char reason[512]{};
};

/// A successor on trial, and what both generations have done since this phase, or this share, began.
struct TrialRecord {
    enum class Phase : std::uint8_t { none, canary, side_by_side, probation };
    struct Figures {
        std::uint64_t requests = 0;
        std::uint64_t errors = 0;  ///< answered with 5xx
        std::int64_t p99 = 0;      ///< nanoseconds until the first byte; 0 = no request
    };
    std::int64_t ends_at = 0;  ///< CLOCK_MONOTONIC nanoseconds; 0 = when somebody decides
    Figures predecessors;
    Figures successors;
    std::uint32_t from = 0;      ///< generation
    std::uint32_t to = 0;        ///< generation
    std::int32_t judge_pid = 0;  ///< the master of `from`
    std::uint16_t share = 0;     ///< of new connections, in thousandths, that the successor takes
    Phase phase = Phase::none;
    std::uint8_t unused = 0;
};

class ReplacementLedger {
public:
    /// Counts it, and keeps it as the last of its order.
    void add(const ReplacementRecord& record);
    std::uint64_t count(ReplacementOrder order, ReplacementResult result) const;
    std::optional<ReplacementRecord> last(ReplacementOrder order) const;
    /// Wall clock, nanoseconds; 0 = none.
    std::int64_t last_good_reload() const { return last_good_reload_.load(std::memory_order_relaxed); }

    void write_trial(const TrialRecord& trial) { trial_.write(trial); }
    /// The last one that was written: its judge may have died since. Nothing when it has ended.
    std::optional<TrialRecord> trial() const;

    /// A generation has ended: so many of its connections ended by themselves while it drained, so long.
    void add_drain(std::uint64_t drained, Duration took);
    std::uint64_t drained() const { return drained_.load(std::memory_order_relaxed); }
    /// Of the generation that ended last.
    Duration last_drain() const { return Duration{last_drain_.load(std::memory_order_relaxed)}; }

private:
    static constexpr std::size_t orders = static_cast<std::size_t>(ReplacementOrder::count_);
    static constexpr std::size_t results = static_cast<std::size_t>(ReplacementResult::count_);

    std::atomic<std::uint64_t> counts_[orders][results]{};
    Published<ReplacementRecord> last_[orders];
    Published<TrialRecord> trial_;
    std::atomic<std::int64_t> last_good_reload_{0};
    std::atomic<std::uint64_t> drained_{0};
    std::atomic<std::int64_t> last_drain_{0};
};

}  // namespace baton::shared
