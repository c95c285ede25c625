#include "config/assembly.h"
#include "config/bind_value.h"
#include "config/keys.h"

#include <algorithm>
#include <map>

namespace baton::config {
namespace {

bool is_any(const ListenAddress& address) {
    return address.host.empty() || address.host == "0.0.0.0" || address.host == "::";
}

bool is_ipv6(const ListenAddress& address) {
    return address.host.find(':') != std::string::npos;
}

/// Whether the kernel would refuse to bind both without SO_REUSEPORT.
bool overlap(const ListenAddress& a, const ListenAddress& b) {
    if (a.kind != b.kind) return false;
    if (a.kind != ListenAddress::Kind::ip) return a.path == b.path;
    if (a.port != b.port || a.port == 0) return false;
    if (a.host == b.host || a.host.empty() || b.host.empty()) return true;
    return is_ipv6(a) == is_ipv6(b) && (is_any(a) || is_any(b));
}

struct UsedAddress {
    const Placed<ListenAddress>* address;
    bool reuseport;
};

bool is_same(const ListenAddress& a, const ListenAddress& b) {
    return a.kind == b.kind && a.host == b.host;
}

bool exclude_each_other(const UsedAddress& a, const UsedAddress& b) {
    if (!overlap(a.address->value, b.address->value)) return false;
    return is_same(a.address->value, b.address->value) || !a.reuseport || !b.reuseport;
}

std::string first_at(const Node& node) {
    return "first used at line " + std::to_string(node.place.line);
}

void report_conflict(Report& report, const ListenerDraft& draft, const Placed<ListenAddress>& first,
                     const Placed<ListenAddress>& second) {
    const std::string shown = quoted_text(*second.node);
    report
        .error("E-CONFLICT", second.node->place, draft.path + ".address",
               is_same(first.value, second.value)
                   ? "two listeners with the address " + shown
                   : shown + " lies within " + quoted_text(*first.node) + " of another listener",
               first_at(*first.node))
        .related.push_back({first.value.origin.file, first.value.origin.line});
}

}  // namespace

void Assembly::bind_listeners() {
    const Held& held = draft_.listeners;
    if (held.node == nullptr) return;
    binder_.set_path(held.path);
    std::size_t index = 0;
    const Key& key = *top_level.find("listeners");
    for (const Node* item : read_items(binder_, key, *held.node)) {
        binder_.set_path(held.path);
        const Binder::Step step(binder_, index++);
        bind_listener(*item);
    }
    binder_.set_path(held.path);
    if (held.node->kind == Node::Kind::list && held.node->items.empty())
        binder_.error("E-REQ", *held.node, "there is no listener");
    binder_.set_path({});
    check_listener_names();
    check_addresses();
}

void Assembly::bind_listener(const Node& node) {
    ListenerDraft draft;
    draft.node = &node;
    draft.path = binder_.path();
    binder_.set_defaults(listener_block, &draft);
    draft.listener.timeouts = draft_.config.default_timeouts;
    draft.listener.limits = draft_.config.default_limits;
    draft.listener.origin = origin_of(node);
    binder_.bind(listener_block, node, &draft, top_level.find("listeners"));
    const MapEntry* http1 = node.find("http1");
    if (http1 != nullptr && !draft.listener.http1)
        binder_.error("E-UNSUPPORTED", *http1->value,
                      "a listener without HTTP/1 is not supported by this version yet");
    for (const Placed<ListenAddress>& address : draft.addresses)
        draft.listener.addresses.push_back(address.value);
    if (draft.listener.name.empty() && !draft.addresses.empty())
        draft.listener.name = draft.addresses.front().value.text;
    const std::string path = draft.path;
    apply(draft.timeouts, listener_block, "timeouts", &draft.listener.timeouts);
    apply(draft.limits, listener_block, "limits", &draft.listener.limits);
    binder_.set_path(path);
    listeners_.push_back(std::move(draft));
}

void Assembly::check_listener_names() {
    std::map<std::string_view, const ListenerDraft*> known;
    for (const ListenerDraft& draft : listeners_) {
        const auto [first, is_first] = known.emplace(draft.listener.name, &draft);
        const MapEntry* name = draft.node->find("name");
        if (is_first || name == nullptr) continue;
        binder_.report()
            .error("E-DUP", name->value->place, draft.path + ".name",
                   "duplicate listener name " + quoted_text(*name->value), first_at(*first->second->node))
            .related.push_back({first->second->listener.origin.file, first->second->listener.origin.line});
    }
}

void Assembly::check_addresses() {
    std::multimap<std::uint16_t, UsedAddress> used;  // by port: only equal ports can meet
    for (const ListenerDraft& draft : listeners_) {
        for (const Placed<ListenAddress>& address : draft.addresses) {
            if (address.value.text.empty()) continue;  // a mistake in it was reported
            const UsedAddress mine{&address, draft.listener.reuseport};
            const auto [begin, end] = used.equal_range(address.value.port);
            const auto other = std::find_if(
                begin, end, [&](const auto& each) { return exclude_each_other(each.second, mine); });
            if (other != end) report_conflict(binder_.report(), draft, *other->second.address, address);
            used.emplace(address.value.port, mine);
        }
    }
}

}  // namespace baton::config
