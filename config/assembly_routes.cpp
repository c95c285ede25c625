#include "config/address_text.h"
#include "config/assembly.h"
#include "config/bind_value.h"
#include "config/did_you_mean.h"
#include "config/keys.h"

#include <algorithm>
#include <array>
#include <set>

namespace baton::config {
namespace {

bool is_written(const Held& held, std::string_view key) {
    return held.node != nullptr && held.node->find(key) != nullptr;
}

struct UpstreamTimeout {
    std::string_view key;
    Duration Timeouts::*value;
    std::optional<Duration> UpstreamTimeouts::*own;
};
constexpr std::array upstream_timeouts{
    UpstreamTimeout{"connect", &Timeouts::connect, &UpstreamTimeouts::connect},
    UpstreamTimeout{"response_header", &Timeouts::response_header, &UpstreamTimeouts::response_header},
    UpstreamTimeout{"stream_idle", &Timeouts::stream_idle, &UpstreamTimeouts::stream_idle},
    UpstreamTimeout{"total", &Timeouts::total, &UpstreamTimeouts::total},
};

}  // namespace

Timeouts UpstreamTimeouts::over(Timeouts route) const {
    for (const UpstreamTimeout& each : upstream_timeouts)
        route.*each.value = (this->*each.own).value_or(route.*each.value);
    return route;
}

void Assembly::resolve_route(const HostDraft& host, RouteDraft& draft) {
    const std::size_t errors = binder_.report().errors();
    Forward* forward = nullptr;
    if (draft.redirect) {
        draft.route.action = std::move(*draft.redirect);
    } else if (draft.respond) {
        draft.route.action = std::move(*draft.respond);
    } else {
        resolve_targets(draft);
        forward = std::get_if<Forward>(&draft.route.action);
    }
    inherit_retries(host, draft, forward);
    inherit_timeouts(host, draft, forward);
    draft.flawed = draft.flawed || binder_.report().errors() > errors;
}

void Assembly::resolve_targets(RouteDraft& draft) {
    Forward forward;
    std::set<std::string_view> names;
    binder_.set_path(draft.path + ".to");
    for (const TargetDraft& target : draft.targets) {
        if (!names.insert(target.upstream.value).second)
            binder_.error("E-DUP", *target.upstream.node,
                          "the upstream " + quoted_text(*target.upstream.node) + " stands twice in one `to`");
        if (resolve_target(target)) forward.targets.push_back({target.upstream.value, target.weight, {}, {}});
    }
    check_weights(draft);
    draft.route.action = std::move(forward);
    binder_.set_path({});
}

bool Assembly::resolve_target(const TargetDraft& target) {
    const std::string& name = target.upstream.value;
    const Node& node = *target.upstream.node;
    const auto known = upstreams_.find(name);
    if (known != upstreams_.end()) {
        known->second.used = true;
        return true;
    }
    if (name.find("://") != std::string::npos) {
        auto url = parse_upstream_url(name);
        if (!url) {
            report_address(binder_, node, url.error());
            return false;
        }
        UpstreamDraft draft;
        binder_.set_defaults(upstream_block, &draft);
        draft.used = true;
        draft.upstream.name = name;
        draft.upstream.origin = origin_of(node);
        draft.upstream.tls.enabled = url->tls;
        url->endpoint.origin = draft.upstream.origin;
        draft.upstream.endpoints.push_back(std::move(url->endpoint));
        upstreams_.emplace(name, std::move(draft));
        return true;
    }
    std::vector<std::string_view> names;
    for (const auto& [each, draft] : upstreams_) names.push_back(each);
    const std::string_view meant = node.secret ? std::string_view{} : nearest(name, names);
    std::string help;
    if (!meant.empty()) {
        help = "did you mean `" + std::string(meant) + "`?";
        upstreams_.find(meant)->second.used = true;  // it is about to be
    }
    if (help.empty() && !node.secret && parse_endpoint_address(name)) help = "write `http://" + name + "`";
    binder_.error("E-REF", node, "no upstream named " + quoted_text(node), help);
    return false;
}

void Assembly::check_weights(const RouteDraft& draft) {
    const bool weighted = draft.targets.size() > 1;
    const bool all_zero = std::all_of(draft.targets.begin(), draft.targets.end(),
                                      [](const TargetDraft& target) { return target.weight == 0; });
    if (!all_zero || draft.targets.empty()) return;
    const MapEntry* to = draft.node->find("to");
    if (to != nullptr)
        binder_.error("E-RANGE", to->key_place, weighted ? "all weights are 0" : "the only weight is 0");
}

void Assembly::inherit_retries(const HostDraft& host, RouteDraft& draft, Forward* forward) {
    draft.route.retries = host.retries;
    apply(draft.retries, route_block, "retries", &draft.route.retries);
    if (forward == nullptr) return;
    for (WeightedUpstream& target : forward->targets) {
        target.retries = host.retries;
        apply(upstreams_.find(target.upstream)->second.retries, upstream_block, "retries", &target.retries);
        apply(draft.retries, route_block, "retries", &target.retries);
    }
    if (forward->targets.size() == 1) draft.route.retries = forward->targets.front().retries;
}

void Assembly::inherit_timeouts(const HostDraft& host, RouteDraft& draft, Forward* forward) {
    const bool single = forward != nullptr && forward->targets.size() == 1;
    const auto inherited_from = [&](const Timeouts& timeouts, const Limits& limits) {
        ListenerSettings settings{timeouts, limits};
        apply(host.timeouts, host_block, "timeouts", &settings.timeouts);
        apply(host.limits, host_block, "limits", &settings.limits);
        if (single)
            apply(upstreams_.find(forward->targets.front().upstream)->second.timeouts, upstream_block,
                  "timeouts", &settings.timeouts);
        apply(draft.timeouts, route_block, "timeouts", &settings.timeouts);
        apply(draft.limits, route_block, "limits", &settings.limits);
        return settings;
    };
    Route& route = draft.route;
    const ListenerSettings plain =
        inherited_from(draft_.config.default_timeouts, draft_.config.default_limits);
    std::vector<ListenerSettings> all;
    const ListenerSettings* common = nullptr;
    bool differ = false;
    all.reserve(listeners_.size());
    for (const ListenerDraft& listener : listeners_) {
        const bool own = listener.timeouts.node != nullptr || listener.limits.node != nullptr;
        all.push_back(own ? inherited_from(listener.listener.timeouts, listener.listener.limits) : plain);
        if (!serves(host, listener)) continue;
        if (common == nullptr) common = &all.back();
        differ = differ || !(common->timeouts == all.back().timeouts && common->limits == all.back().limits);
    }
    const ListenerSettings& chosen = common == nullptr || differ ? plain : *common;
    route.timeouts = chosen.timeouts;
    route.limits = chosen.limits;
    if (differ) route.by_listener = std::move(all);
    if (forward != nullptr && !single) keep_upstream_timeouts(draft, *forward);
}

void Assembly::keep_upstream_timeouts(const RouteDraft& draft, Forward& forward) {
    for (WeightedUpstream& target : forward.targets) {
        const Held& held = upstreams_.find(target.upstream)->second.timeouts;
        Timeouts own;
        apply(held, upstream_block, "timeouts", &own);
        for (const UpstreamTimeout& each : upstream_timeouts) {
            if (is_written(held, each.key) && !is_written(draft.timeouts, each.key))
                target.timeouts.*each.own = own.*each.value;
        }
    }
}

}  // namespace baton::config
