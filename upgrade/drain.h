/// When a generation that goes must be done: the points in time behind drain.* of the configuration, and as a
/// message.
#pragma once

#include "server/admin/orders.h"
#include "server/process/service.h"
#include "upgrade/control_message.h"

namespace baton::upgrade {

/// A successor serves: what cannot move has drain.timeout, then is closed over drain.close_spread.
DrainOrder drain_for_successor(const config::Drain& drain, TimePoint now);
/// There are too many generations, and this is the oldest: closed from now on over drain.close_spread.
DrainOrder drain_early(const config::Drain& drain, TimePoint now);
/// Nobody follows. `bounded` ends everything, the spread of the forced closes included, within
/// drain.stop_timeout.
DrainOrder drain_to_stop(admin::StopMode mode, const config::Drain& drain, TimePoint now);

/// For `generation`; 0 is all of them.
Stop stop_of(std::uint32_t generation, const DrainOrder& order);
DrainOrder order_of(const Stop& stop);

}  // namespace baton::upgrade
