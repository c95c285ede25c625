/// Points in time that only go forward (CLOCK_MONOTONIC), and the wall clock for people.
#pragma once

#include <chrono>

namespace baton {

using Duration = std::chrono::nanoseconds;
using TimePoint = std::chrono::time_point<std::chrono::steady_clock, Duration>;
using WallTime = std::chrono::time_point<std::chrono::system_clock, Duration>;

/// Where the loop reads the time, once a turn. Tests put their own in its place.
class Clock {
public:
    virtual ~Clock() = default;
    virtual TimePoint now() = 0;
    virtual WallTime wall() = 0;
    /// The machine's clock.
    static Clock& system();
};

/// A clock that stands still until a test advances it.
class FakeClock final : public Clock {
public:
    TimePoint now() override { return now_; }
    WallTime wall() override {
        return WallTime{std::chrono::seconds{1'700'000'000}} + now_.time_since_epoch();
    }
    void advance(Duration by) { now_ += by; }

private:
    TimePoint now_{std::chrono::seconds{1000}};
};

}  // namespace baton
