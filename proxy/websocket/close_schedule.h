/// Spreads the forced closes of a drain, so that clients do not all come back in the same moment.
#pragma once

#include "server/event/clock.h"

#include <cstdint>

namespace baton::websocket {

/// Deterministic: the n-th of a number of connections has its own moment in the window.
class CloseSchedule {
public:
    CloseSchedule() = default;
    /// The window begins at `deadline` and is `spread` long; 0 closes everything at once.
    CloseSchedule(TimePoint deadline, Duration spread) : deadline_(deadline), spread_(spread) {}

    /// When connection `index` of `count` is closed: evenly, the first at the deadline, the last before the
    /// window's end. Every worker does the same with its own connections. An index from `count` on is taken
    /// modulo `count`.
    TimePoint due(std::uint64_t index, std::uint64_t count) const;
    /// When a connection is closed whose number among the others is not known: by an id, such as a counter of
    /// accepted connections. Consecutive ids are spread evenly too (golden ratio), however many there are.
    TimePoint due(std::uint64_t id) const;
    TimePoint end() const { return deadline_ + spread_; }

private:
    TimePoint deadline_{};
    Duration spread_{};
};

}  // namespace baton::websocket
