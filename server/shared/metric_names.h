/// The names of the lineage's counters and gauges, as `baton status --json` and /metrics show them.
#pragma once

#include "server/shared/lineage_memory.h"

#include <string_view>

namespace baton::shared {

std::string_view name_of(Counter counter);
std::string_view name_of(Gauge gauge);

}  // namespace baton::shared
