/// Tells a worker that hangs from one that merely gets no processor time.
#pragma once

#include "server/event/clock.h"

#include <sys/types.h>

#include <cstdint>
#include <optional>

namespace baton {

/// What the kernel says of a process (/proc/PID/stat).
struct ProcessUsage {
    char state =
        '?';  ///< R running or waiting for a processor, S sleeping, D in the kernel, T stopped, Z dead …
    Duration processor_time{0};
};
/// Nothing when there is no such process.
std::optional<ProcessUsage> read_process_usage(pid_t pid);

/// Watches one worker's heartbeat, which moves at least once a second when all is well.
///
/// Counts its own looks instead of comparing clocks: when the whole machine or all of Baton was suspended,
/// the master has not looked either, and nobody is blamed. A worker whose heart stood still for 5 s hangs if
/// it sleeps or is stopped, or if it has used a second of processor time meanwhile (an endless loop); if it
/// wants to run and is not let, it is only starved.
class HeartbeatMonitor {
public:
    /// Time between two looks.
    static constexpr Duration interval = std::chrono::milliseconds{500};

    /// One look. True when the worker hangs. `usage` is only asked for when the heart has stood still too
    /// long.
    bool is_hung(std::int64_t heartbeat, pid_t pid);
    bool is_hung(std::int64_t heartbeat, const std::optional<ProcessUsage>& usage);

private:
    static constexpr std::uint32_t longest_standstill = 10;  // looks
    static constexpr Duration busy = std::chrono::seconds{1};

    bool stands_still(std::int64_t heartbeat);
    std::int64_t last_ = 0;
    std::uint32_t looks_ = 0;  // since the heartbeat moved
    std::optional<Duration> used_before_;
};

}  // namespace baton
