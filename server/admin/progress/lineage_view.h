/// What a running instance says of itself, as a command that follows a replacement needs it: `status` in
/// JSON, read.
#pragma once

#include "server/event/clock.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace baton::admin {

struct GenerationView {
    std::uint32_t number = 0;
    std::string version;
    std::string state;
    std::string config_hash;
    std::uint64_t master_pid = 0;
    std::uint64_t workers = 0;
    std::uint64_t ready_workers = 0;
    // Open connections by kind, each counted once.
    std::uint64_t http1 = 0;
    std::uint64_t event_streams = 0;
    std::uint64_t websockets = 0;
    std::uint64_t tunnels = 0;
    // Those that it had, since it began.
    std::uint64_t moved = 0;
    std::uint64_t refused = 0;  ///< offered, and still here or drained
    std::uint64_t closed = 0;
    std::uint64_t drained = 0;
    std::optional<Duration> closes_in;
    Duration close_spread{};

    std::uint64_t open() const { return http1 + event_streams + websockets + tunnels; }
};

struct TrialView {
    struct Figures {
        std::uint32_t generation = 0;
        std::uint64_t requests = 0;
        std::uint64_t errors = 0;
        double p99_ms = 0;
    };
    std::string phase;
    double share_percent = 0;  ///< of a canary
    std::optional<Duration> left;
    Figures predecessor, successor;
};

struct LineageView {
    std::string version;
    std::string phase;  ///< of the replacement that is under way; `idle`
    std::uint64_t certificates = 0;
    // Of all generations, since the lineage began.
    std::uint64_t moved = 0;
    std::uint64_t refused = 0;
    std::uint64_t closed = 0;
    std::uint64_t drained = 0;  ///< of generations that have ended
    std::uint64_t responses_5xx = 0;
    std::uint64_t upstream_failures = 0;
    std::vector<GenerationView> generations;  ///< the youngest first
    std::optional<TrialView> trial;

    /// Null when it does not live.
    const GenerationView* find(std::uint32_t number) const;
    /// The youngest that serves; null without one.
    const GenerationView* serving() const;
};

/// Nothing when the text is no status. What an instance of another version does not say is 0 or empty.
std::optional<LineageView> read_lineage(std::string_view json);

}  // namespace baton::admin
