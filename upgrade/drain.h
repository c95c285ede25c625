/// When a generation that goes must be done: the points in time behind drain.* of the configuration.
#pragma once

#include "server/admin/orders.h"
#include "server/process/service.h"

namespace baton::upgrade {

/// A successor serves: what cannot move has drain.timeout, then is closed over drain.close_spread.
DrainOrder drain_for_successor(const config::Drain& drain, TimePoint now);
/// There are too many generations, and this is the oldest: closed from now on over drain.close_spread.
DrainOrder drain_early(const config::Drain& drain, TimePoint now);
/// Nobody follows. `bounded` ends everything, the spread of the forced closes included, within
/// drain.stop_timeout.
DrainOrder drain_to_stop(admin::StopMode mode, const config::Drain& drain, TimePoint now);

}  // namespace baton::upgrade
