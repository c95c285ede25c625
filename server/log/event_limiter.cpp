#include "server/log/event_limiter.h"

#include <functional>

namespace baton::log {

EventLimiter::Verdict EventLimiter::admit(std::string_view name, TimePoint now) {
    Place& place = places_[std::hash<std::string_view>{}(name) % places_.size()];
    const std::int64_t second = second_of(now);
    if (place.name != name) {
        if (place.held_back > 0) forget(place);
        place = Place{std::string{name}, second, 0, 0};
    }
    std::uint64_t repeated = 0;
    if (place.second != second) {
        place.second = second;
        place.admitted = 0;
        repeated = place.held_back;
        if (repeated > 0) forget(place);
    }
    if (place.admitted < per_second) {
        ++place.admitted;
        return {true, repeated};
    }
    if (place.held_back++ == 0) ++held_back_;
    return {false, 0};
}

}  // namespace baton::log
