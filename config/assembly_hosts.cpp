#include "config/assembly.h"
#include "config/bind_value.h"
#include "config/keys.h"
#include "config/node_digest.h"

#include <algorithm>

namespace baton::config {

void Assembly::bind_hosts() {
    const Held held = draft_.hosts;
    if (held.node == nullptr) return;
    binder_.set_path(held.path);
    const Key& key = *top_level.find("hosts");
    std::size_t index = 0;
    for (const Node* item : read_items(binder_, key, *held.node)) {
        binder_.set_path(held.path);
        const Binder::Step step(binder_, index++);
        HostDraft host;
        host.node = item;
        host.path = binder_.path();
        binder_.set_defaults(host_block, &host);
        host.host.origin = origin_of(*item);
        host.websocket = draft_.websocket;
        host.retries = draft_.retries;
        host.request_headers = draft_.request_headers;
        host.response_headers = draft_.response_headers;
        binder_.bind(host_block, *item, &host, &key);
        host.host.names.clear();
        for (const Placed<std::string>& name : host.names) host.host.names.push_back(name.value);
        const std::string path = host.path;
        resolve_listeners(host);
        bind_routes(host);
        for (RouteDraft& route : host.route_drafts) resolve_route(host, route);
        warn_unreachable(binder_.report(), host.route_drafts);
        hosts_.push_back(std::move(host));
        binder_.set_path(path);
    }
    binder_.set_path({});
    check_host_names();
}

void Assembly::bind_routes(HostDraft& host) {
    if (host.routes.node == nullptr) return;
    binder_.set_path(host.routes.path);
    const Key& key = *host_block.find("routes");
    const std::string label = host.host.names.empty() ? "*" : host.host.names.front();
    std::size_t index = 0;
    for (const Node* item : read_items(binder_, key, *host.routes.node)) {
        binder_.set_path(host.routes.path);
        const Binder::Step step(binder_, index++);
        const std::size_t errors = binder_.report().errors();
        RouteDraft draft;
        draft.node = item;
        draft.path = binder_.path();
        binder_.set_defaults(route_block, &draft);
        draft.route.name = label + "#" + std::to_string(index);
        draft.route.origin = origin_of(*item);
        draft.route.websocket = host.websocket;
        draft.route.request_headers = host.request_headers;
        draft.route.response_headers = host.response_headers;
        binder_.bind(route_block, *item, &draft, &key);
        draft.route.identity =
            item->find("name") != nullptr ? draft.route.name : label + " " + std::to_string(digest(*item));
        draft.flawed = binder_.report().errors() > errors;
        host.route_drafts.push_back(std::move(draft));
    }
    binder_.set_path({});
}

void Assembly::resolve_listeners(HostDraft& host) {
    binder_.set_path(host.path + ".listeners");
    std::vector<std::string_view> names;
    for (const ListenerDraft& draft : listeners_) names.push_back(draft.listener.name);
    for (const Placed<std::string>& name : host.listeners) {
        if (std::find(names.begin(), names.end(), name.value) == names.end())
            binder_.error("E-REF", *name.node, "no listener named " + quoted_text(*name.node),
                          name.node->secret ? "" : did_you_mean(name.value, names));
        host.host.listeners.push_back(name.value);
    }
    binder_.set_path({});
}

bool Assembly::serves(const HostDraft& host, const ListenerDraft& listener) const {
    const auto& names = host.host.listeners;
    return names.empty() || std::find(names.begin(), names.end(), listener.listener.name) != names.end();
}

void Assembly::check_host_names() {
    std::multimap<std::string_view, std::pair<const HostDraft*, const Placed<std::string>*>> known;
    const auto share_listener = [&](const HostDraft& a, const HostDraft& b) {
        if (&a == &b || listeners_.empty()) return true;
        return std::any_of(listeners_.begin(), listeners_.end(), [&](const ListenerDraft& listener) {
            return serves(a, listener) && serves(b, listener);
        });
    };
    for (const HostDraft& host : hosts_) {
        for (const Placed<std::string>& name : host.names) {
            const auto [begin, end] = known.equal_range(name.value);
            const auto other = std::find_if(
                begin, end, [&](const auto& each) { return share_listener(*each.second.first, host); });
            known.emplace(name.value, std::pair{&host, &name});
            if (other == end) continue;
            const Node& place = name.node != nullptr ? *name.node : *host.node;
            const Origin first =
                origin_of(other->second.second->node != nullptr ? *other->second.second->node
                                                                : *other->second.first->node);
            binder_.report()
                .error("E-DUP", place.place, host.path + ".names",
                       "duplicate host name " +
                           (name.node == nullptr ? "`" + name.value + "`" : quoted_text(*name.node)),
                       "first used at line " + std::to_string(first.line))
                .related.push_back({first.file, first.line});
        }
    }
}

}  // namespace baton::config
