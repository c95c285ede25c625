#include "proxy/hand_over/places.h"

#include "proxy/proxy_context.h"

#include <algorithm>

namespace baton::hand_over {

Places::Places(ProxyContext& context) : context_(context) {
    for (std::size_t i = 0; i < context.config->listeners.size(); ++i)
        listeners_.emplace(context.config->listeners[i].name, i);
    std::unordered_map<const config::Route*, const config::Host*> hosts;
    for (const config::Host& host : context.config->hosts)
        for (const config::Route& route : host.routes) hosts.emplace(&route, &host);
    for (std::uint32_t i = 0; i < context.routes.size(); ++i) {
        const config::Route& route = context.routes.route(i);
        routes_.emplace(route.identity, RoutePlace{hosts.at(&route), &route, &context.plans[i]});
    }
}

std::optional<std::size_t> Places::listener(std::string_view name) const {
    const auto found = listeners_.find(name);
    return found == listeners_.end() ? std::nullopt : std::optional{found->second};
}

std::optional<Places::RoutePlace> Places::route(std::string_view identity) const {
    const auto found = routes_.find(identity);
    return found == routes_.end() ? std::nullopt : std::optional{found->second};
}

upstream::Upstream* Places::upstream(std::string_view name) const {
    const auto found = context_.upstreams.find(name);
    return found == context_.upstreams.end() ? nullptr : found->second.get();
}

upstream::Endpoint* Places::endpoint(upstream::Upstream* group, std::string_view label) {
    if (group == nullptr) return nullptr;
    const auto all = group->endpoints().all();
    const auto found = std::ranges::find(all, label, &upstream::Endpoint::label);
    return found == all.end() ? nullptr : &*found;
}

}  // namespace baton::hand_over
