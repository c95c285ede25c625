/// Wall-clock times as log lines show them, formatted once a second.
#pragma once

#include "server/event/clock.h"

#include <array>
#include <cstdint>
#include <string_view>

namespace baton {

/// RFC 3339 in UTC. The calendar is computed only when the second changes; within it only the fraction is
/// written.
class TimestampWriter {
public:
    enum class Precision : std::uint8_t { milliseconds, microseconds };
    static constexpr std::size_t longest = 27;  ///< `2026-11-21T10:00:00.123456Z`

    explicit TimestampWriter(Precision precision) : precision_(precision) {}
    /// Writes the time to `out`, which has room for `longest` bytes; returns the end of what was written.
    char* write(char* out, WallTime time);

private:
    Precision precision_;
    std::int64_t second_ = INT64_MIN;
    std::array<char, 20> text_{};  // up to and with the point
};

/// `21/Nov/2026:10:00:00 +0000` in local time, as Apache and nginx write it.
class CommonLogTime {
public:
    /// Valid until the next call.
    std::string_view format(WallTime time);

private:
    std::int64_t second_ = INT64_MIN;
    std::array<char, 32> text_{};
    std::size_t size_ = 0;
};

}  // namespace baton
