#include "proxy/websocket/close_schedule.h"

namespace baton::websocket {

namespace {

// `spread` × part / 2³² without overflow for windows of many hours.
Duration share_of(Duration spread, std::uint64_t part) {
    const auto nanoseconds = static_cast<unsigned long>(spread.count());
    const auto high = (nanoseconds >> 32) * part;
    const auto low = (nanoseconds & 0xffffffff) * part >> 32;
    return Duration{static_cast<Duration::rep>(high + low)};
}

}  // namespace

TimePoint CloseSchedule::due(std::uint64_t index, std::uint64_t count) const {
    if (count == 0) return deadline_;
    return deadline_ + share_of(spread_, ((index % count) << 32) / count);
}

TimePoint CloseSchedule::due(std::uint64_t id) const {
    constexpr std::uint64_t golden_ratio = 0x9e3779b9;  // of 2³²: leaves gaps of three sizes at most
    return deadline_ + share_of(spread_, id * golden_ratio & 0xffffffff);
}

}  // namespace baton::websocket
