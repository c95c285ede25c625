#include "server/log/timestamp.h"

#include "server/buffer/decimal.h"

#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstring>

namespace baton {
namespace {

struct SplitTime {
    std::int64_t seconds;
    std::uint32_t nanoseconds;
};

SplitTime split(WallTime time) {
    const std::int64_t since_epoch = time.time_since_epoch().count();
    std::int64_t seconds = since_epoch / 1'000'000'000, rest = since_epoch % 1'000'000'000;
    if (rest < 0) {
        --seconds;
        rest += 1'000'000'000;
    }
    return {seconds, static_cast<std::uint32_t>(rest)};
}

}  // namespace

char* TimestampWriter::write(char* out, WallTime time) {
    const SplitTime parts = split(time);
    if (parts.seconds != second_) {
        second_ = parts.seconds;
        const time_t seconds = parts.seconds;
        tm calendar{};
        ::gmtime_r(&seconds, &calendar);
        char text[24];
        ::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S.", &calendar);
        std::memcpy(text_.data(), text, text_.size());
    }
    std::memcpy(out, text_.data(), text_.size());
    out += text_.size();
    if (precision_ == Precision::microseconds) {
        const std::uint32_t fraction = parts.nanoseconds / 1000;
        out =
            write_pair(write_pair(write_pair(out, fraction / 10'000), fraction / 100 % 100), fraction % 100);
    } else {
        const std::uint32_t fraction = parts.nanoseconds / 1'000'000;
        *out++ = static_cast<char>('0' + fraction / 100);
        out = write_pair(out, fraction % 100);
    }
    *out++ = 'Z';
    return out;
}

std::string_view CommonLogTime::format(WallTime time) {
    const SplitTime parts = split(time);
    if (parts.seconds != second_) {
        second_ = parts.seconds;
        const time_t seconds = parts.seconds;
        tm calendar{};
        ::localtime_r(&seconds, &calendar);
        // English month names whatever the locale: strftime's %b would follow it.
        static constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                 "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
        const long offset = calendar.tm_gmtoff / 60;
        const int written = std::snprintf(
            text_.data(), text_.size(), "%02d/%s/%04d:%02d:%02d:%02d %c%02ld%02ld", calendar.tm_mday,
            months[calendar.tm_mon], calendar.tm_year + 1900, calendar.tm_hour, calendar.tm_min,
            calendar.tm_sec, offset < 0 ? '-' : '+', std::abs(offset) / 60, std::abs(offset) % 60);
        size_ = std::min(static_cast<std::size_t>(written), text_.size() - 1);
    }
    return {text_.data(), size_};
}

}  // namespace baton
