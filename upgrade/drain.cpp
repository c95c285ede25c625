#include "upgrade/drain.h"

#include <algorithm>

namespace baton::upgrade {
namespace {

DrainOrder order(const config::Drain& drain, TimePoint now, Duration timeout, Duration spread) {
    const TimePoint deadline = now + timeout;
    return {deadline, spread, std::min(deadline, now + Duration{drain.idle_grace})};
}

}  // namespace

DrainOrder drain_for_successor(const config::Drain& drain, TimePoint now) {
    return order(drain, now, drain.timeout, drain.close_spread);
}

DrainOrder drain_early(const config::Drain& drain, TimePoint now) {
    return order(drain, now, Duration{0}, drain.close_spread);
}

DrainOrder drain_to_stop(admin::StopMode mode, const config::Drain& drain, TimePoint now) {
    switch (mode) {
        case admin::StopMode::graceful: return order(drain, now, drain.timeout, drain.close_spread);
        case admin::StopMode::bounded: {
            const Duration spread = std::min<Duration>(drain.close_spread, Duration{drain.stop_timeout} / 5);
            return order(drain, now, Duration{drain.stop_timeout} - spread, spread);
        }
        case admin::StopMode::now: break;
    }
    return {now, Duration{0}, now};
}

Stop stop_of(std::uint32_t generation, const DrainOrder& order) {
    return {generation, order.deadline.time_since_epoch().count(), order.close_spread.count(),
            order.idle_grace_until.time_since_epoch().count()};
}

DrainOrder order_of(const Stop& stop) {
    return {TimePoint{Duration{stop.deadline}}, Duration{stop.close_spread},
            TimePoint{Duration{stop.idle_grace_until}}};
}

}  // namespace baton::upgrade
