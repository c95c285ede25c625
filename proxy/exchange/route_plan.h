/// What one worker keeps for a route beside its configuration: prepared header rules, the upstreams it may
/// choose from, and live counts.
#pragma once

#include "config/config.h"
#include "proxy/route/header_rules.h"
#include "proxy/upstream/upstream.h"
#include "proxy/upstream/weighted_choice.h"

#include <cstdint>
#include <vector>

namespace baton {

struct RoutePlan {
    route::HeaderRules request_rules;
    route::HeaderRules response_rules;
    std::vector<upstream::Upstream*> targets;  ///< empty unless the route forwards
    upstream::WeightedChoice choice;           ///< among `targets`
    std::uint32_t websockets = 0;              ///< tunnels alive on this route in this worker
};

}  // namespace baton
