/// How long to wait before a worker that died is replaced: not at all, unless it keeps dying.
#pragma once

#include "server/event/clock.h"

#include <cstdint>

namespace baton {

/// The first five deaths within ten seconds are answered at once; then the wait doubles from 0.1 s up to 5 s
/// with each further death, until the worker has lived for ten seconds.
class CrashBackoff {
public:
    /// The wait before the replacement of a worker that was started at `started` and died at `now`.
    Duration after_death(TimePoint started, TimePoint now);

private:
    static constexpr std::uint32_t free_deaths = 5;
    static constexpr Duration window = std::chrono::seconds{10};
    static constexpr Duration shortest = std::chrono::milliseconds{100};
    static constexpr Duration longest = std::chrono::seconds{5};

    TimePoint window_began_{};
    std::uint32_t deaths_ = 0;  // in this window
    Duration wait_{0};
};

}  // namespace baton
