/// Keeps one event that happens ten thousand times a second from filling the log.
#pragma once

#include "server/event/clock.h"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace baton::log {

/// Admits each event name a number of times per second and counts the rest. Bounded: names that share a place
/// in its table push each other out. Names are copied.
class EventLimiter {
public:
    static constexpr std::uint32_t per_second = 10;

    struct Verdict {
        bool admitted;
        std::uint64_t repeated;  ///< how many of this name were held back since the last that was admitted
    };
    Verdict admit(std::string_view name, TimePoint now);

    /// Calls `report(name, count)` for each name of which something was held back in a second that has
    /// passed, once.
    template <class Report>
    void report_held_back(TimePoint now, Report&& report) {
        const std::int64_t second = second_of(now);
        if (held_back_ == 0 || second == reported_) return;
        reported_ = second;
        for (Place& place : places_) {
            if (place.held_back == 0 || place.second == second) continue;
            report(place.name, place.held_back);
            forget(place);
        }
    }

private:
    struct Place {
        std::string name;
        std::int64_t second = INT64_MIN;
        std::uint32_t admitted = 0;
        std::uint64_t held_back = 0;
    };
    static std::int64_t second_of(TimePoint now) {
        return std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
    }
    void forget(Place& place) {
        --held_back_;
        place.held_back = 0;
    }

    std::array<Place, 128> places_{};
    std::uint32_t held_back_ = 0;  // places with something to report
    std::int64_t reported_ = INT64_MIN;
};

}  // namespace baton::log
