/// Finds by name what a connection from another generation belongs to here.
#pragma once

#include "config/config.h"
#include "proxy/exchange/route_plan.h"
#include "proxy/upstream/endpoint.h"
#include "proxy/upstream/upstream.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace baton {

struct ProxyContext;

namespace hand_over {

/// Built when the first connection arrives. Nothing is taken for the same that has another name: the
/// configurations of two generations may have nothing in common.
class Places {
public:
    explicit Places(ProxyContext& context);

    /// Into Config::listeners.
    std::optional<std::size_t> listener(std::string_view name) const;
    struct RoutePlace {
        const config::Host* host;
        const config::Route* route;
        RoutePlan* plan;
    };
    /// By its identity, see config::Route.
    std::optional<RoutePlace> route(std::string_view identity) const;
    /// Null when there is none of that name. An endpoint's name is its label in the access log.
    upstream::Upstream* upstream(std::string_view name) const;
    static upstream::Endpoint* endpoint(upstream::Upstream* group, std::string_view label);

private:
    ProxyContext& context_;
    std::unordered_map<std::string_view, std::size_t> listeners_;
    std::unordered_map<std::string_view, RoutePlace> routes_;
};

}  // namespace hand_over
}  // namespace baton
