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
    /// One upstream of the route, with what the upstream's own settings make of the route's.
    struct Target {
        upstream::Upstream* group = nullptr;
        /// By the index of the listener; one for all where they do not differ.
        std::vector<config::Timeouts> timeouts;
        const config::Timeouts& timeouts_on(std::size_t listener) const {
            return timeouts[listener < timeouts.size() ? listener : 0];
        }
        const config::Retries* retries = nullptr;  ///< in the configuration
    };
    std::vector<Target> targets;      ///< empty unless the route forwards
    upstream::WeightedChoice choice;  ///< among `targets`
    std::uint32_t websockets = 0;     ///< tunnels alive on this route in this worker
};

}  // namespace baton
