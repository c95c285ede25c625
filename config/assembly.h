/// Turns what was bound into a `Config`: inheritance is applied, names are resolved, everything is checked
/// against everything else.
#pragma once

#include "config/binder.h"
#include "config/draft.h"

#include <map>
#include <string>
#include <vector>

namespace baton::config {

class Assembly {
public:
    Assembly(Binder& binder, Draft& draft) : binder_(binder), draft_(draft) {}

    /// Completes `draft.config`. Findings are in the report of the binder.
    void run();

private:
    // listeners
    void bind_listeners();
    void bind_listener(const Node& node);
    void check_listener_names();
    void check_addresses();

    // upstreams
    void bind_upstreams();
    void check_unused_upstreams();

    // hosts and routes
    void bind_hosts();
    void bind_routes(HostDraft& host);
    void check_host_names();
    void resolve_listeners(HostDraft& host);
    void resolve_route(const HostDraft& host, RouteDraft& draft);
    void resolve_targets(RouteDraft& draft);
    bool resolve_target(const TargetDraft& target);
    void check_weights(const RouteDraft& draft);
    void inherit_retries(const HostDraft& host, RouteDraft& draft, Forward* forward);
    void inherit_timeouts(const HostDraft& host, RouteDraft& draft, Forward* forward);
    void keep_upstream_timeouts(const RouteDraft& draft, Forward& forward);
    bool serves(const HostDraft& host, const ListenerDraft& listener) const;

    // TLS
    void resolve_tls();
    void resolve_least_version();
    void check_certificate_names();
    void check_tls_listeners();
    void resolve_host_tls(HostDraft& host);
    void check_host_certificate(const HostDraft& host);
    void resolve_host_version(HostDraft& host);
    void resolve_redirect(HostDraft& host, const ListenerDraft* tls, const ListenerDraft* plain);
    void check_needs_tls(const HostDraft& host, const ListenerDraft* tls, const ListenerDraft* plain);
    void check_upstream_names(const UpstreamDraft& draft);
    bool is_known_certificate(std::string_view name, const Node& node);

    // process
    void complete_paths();
    void check_sandbox();
    void check_machine();

    /// Binds a block that was held back over what `out` has inherited; `key` is its name in `owner`.
    void apply(const Held& held, const Block& owner, std::string_view key, void* out);

    Binder& binder_;
    Draft& draft_;
    std::vector<ListenerDraft> listeners_;
    std::map<std::string, UpstreamDraft, std::less<>> upstreams_;
    std::vector<HostDraft> hosts_;
};

/// The value of a key in a block of the tree; null when it is not written.
const Node* value_at(const Node* block, std::string_view key);

/// Warns about routes that an earlier one of the same host leaves nothing for.
void warn_unreachable(Report& report, const std::vector<RouteDraft>& routes);

}  // namespace baton::config
