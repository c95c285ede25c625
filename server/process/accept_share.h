/// A share of the new connections, as a share of time: two generations that listen on the same sockets take
/// turns.
#pragma once

#include "server/event/clock.h"

#include <cstdint>

namespace baton {

/// The part of every `period` of CLOCK_MONOTONIC, in thousandths of it, in which a worker accepts. Every
/// process reads the same clock, so that parts which do not overlap belong to one generation each; who comes
/// in between waits in the queue of the socket, for a millisecond or so.
struct AcceptShare {
    static constexpr Duration period = std::chrono::milliseconds{200};
    static constexpr std::uint16_t whole = 1000;

    std::uint16_t begin = 0;
    std::uint16_t end = whole;

    bool is_whole() const { return begin == 0 && end == whole; }
    bool contains(TimePoint now) const {
        const auto at = now.time_since_epoch() % period;
        return at >= period * begin / whole && at < period * end / whole;
    }
    /// Until `contains` says something else.
    Duration until_change(TimePoint now) const {
        const auto at = now.time_since_epoch() % period;
        const Duration from = period * begin / whole, to = period * end / whole;
        return (at < from ? from : at < to ? to : period + from) - at;
    }
    bool operator==(const AcceptShare&) const = default;
};

}  // namespace baton
