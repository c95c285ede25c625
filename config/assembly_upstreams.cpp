#include "config/assembly.h"
#include "config/bind_value.h"
#include "config/field_name.h"
#include "config/keys.h"

namespace baton::config {

void Assembly::bind_upstreams() {
    const Held& held = draft_.upstreams;
    if (held.node == nullptr || held.node->kind == Node::Kind::null) return;
    if (held.node->kind != Node::Kind::map) {
        binder_.set_path(held.path);
        binder_.error("E-TYPE", *held.node, "`upstreams` maps names to upstreams", "`name: [\"host:port\"]`");
        binder_.set_path({});
        return;
    }
    const Key& key = *top_level.find("upstreams");
    for (const MapEntry& entry : held.node->entries) {
        binder_.set_path(held.path);
        const Binder::Step step(binder_, entry.key);
        const bool is_url = entry.key.find("://") != std::string::npos;
        if (entry.key.empty() || is_url || !is_field_text(entry.key))
            binder_.error("E-VALUE", entry.key_place, "this is not the name of an upstream");
        UpstreamDraft draft;
        draft.node = entry.value.get();
        draft.path = binder_.path();
        binder_.set_defaults(upstream_block, &draft);
        draft.upstream.name = entry.key;
        draft.upstream.origin =
            Origin{entry.key_place.file->name(), entry.key_place.line, entry.key_place.column};
        binder_.bind(upstream_block, *entry.value, &draft, &key);
        const std::string path = draft.path;
        Timeouts timeouts;
        Retries retries;
        apply(draft.timeouts, upstream_block, "timeouts",
              &timeouts);  // what is wrong is reported even when unused
        apply(draft.retries, upstream_block, "retries", &retries);
        binder_.set_path(path);
        upstreams_.emplace(entry.key, std::move(draft));
    }
    binder_.set_path({});
}

void Assembly::check_unused_upstreams() {
    if (draft_.upstreams.node == nullptr) return;
    for (const MapEntry& entry : draft_.upstreams.node->entries) {
        const auto found = upstreams_.find(entry.key);
        if (found == upstreams_.end() || found->second.used) continue;
        binder_.report().warning("W-UNUSED", entry.key_place, found->second.path,
                                 "no route leads to the upstream `" + entry.key + "`");
    }
}

}  // namespace baton::config
