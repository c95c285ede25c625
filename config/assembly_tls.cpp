#include "config/assembly.h"
#include "config/bind_value.h"
#include "config/tls_checks.h"

#include <algorithm>
#include <map>

namespace baton::config {
namespace {

const ListenerDraft* first_serving(const std::vector<const ListenerDraft*>& listeners, bool tls) {
    const auto found = std::find_if(listeners.begin(), listeners.end(),
                                    [&](const ListenerDraft* each) { return each->listener.tls == tls; });
    return found == listeners.end() ? nullptr : *found;
}

/// The port that clients reach the listener at; 443 when it has none that is known.
std::uint16_t public_port(const Listener& listener) {
    for (const ListenAddress& address : listener.addresses) {
        if (address.kind == ListenAddress::Kind::ip && address.port != 0) return address.port;
    }
    return 443;
}

}  // namespace

void Assembly::resolve_tls() {
    resolve_least_version();
    check_certificate_names();
    check_tls_listeners();
    for (HostDraft& host : hosts_) resolve_host_tls(host);
    for (const auto& [name, draft] : upstreams_) check_upstream_names(draft);
    binder_.set_path({});
}

void Assembly::resolve_least_version() {
    Tls& tls = draft_.config.tls;
    const Node* block = value_at(draft_.root, "tls");
    if (block != nullptr) tls.origin = origin_of(*block);
    if (tls.profile != TlsProfile::modern) return;
    const Node* written = value_at(block, "min_version");
    if (written == nullptr) {
        tls.min_version = TlsVersion::tls_1_3;
    } else if (written->text == "1.2") {
        binder_.set_path("tls.min_version");
        binder_.error("E-CONFLICT", *written, "the profile `modern` has no TLS 1.2",
                      "write `1.3`, or `profile: intermediate`");
    }
}

void Assembly::check_certificate_names() {
    const Node* block = value_at(draft_.root, "tls");
    const Node* list = value_at(block, "certificates");
    std::map<std::string_view, const Node*> known;
    for (std::size_t i = 0; list != nullptr && i < list->items.size(); ++i) {
        const Node* name = value_at(list->items[i].get(), "name");
        if (name == nullptr || name->text.empty()) continue;
        const auto [first, is_first] = known.emplace(name->text, name);
        if (is_first) continue;
        binder_.report()
            .error("E-DUP", name->place, "tls.certificates[" + std::to_string(i) + "].name",
                   "duplicate certificate name " + quoted_text(*name),
                   "first used at line " + std::to_string(first->second->place.line))
            .related.push_back({first->second->place.file->name(), first->second->place.line});
    }
    const Node* chosen = value_at(block, "default_certificate");
    if (chosen == nullptr) return;
    binder_.set_path("tls.default_certificate");
    is_known_certificate(draft_.config.tls.default_certificate, *chosen);
}

bool Assembly::is_known_certificate(std::string_view name, const Node& node) {
    const Tls& tls = draft_.config.tls;
    std::vector<std::string_view> names;
    for (const CertificateFiles& each : tls.certificates) {
        if (!each.name.empty()) names.push_back(each.name);
    }
    if (std::find(names.begin(), names.end(), name) != names.end()) return true;
    // Those of directories are called by their paths, which are known when they are loaded.
    if (!tls.directories.empty()) return true;
    binder_.error("E-REF", node, "no certificate named " + quoted_text(node),
                  node.secret ? "" : did_you_mean(name, names));
    return false;
}

void Assembly::check_tls_listeners() {
    const Tls& tls = draft_.config.tls;
    if (!tls.certificates.empty() || !tls.directories.empty()) return;
    const Node* list = value_at(value_at(draft_.root, "tls"), "certificates");
    if (list != nullptr && !list->items.empty()) return;  // what is wrong with them was reported
    for (const ListenerDraft& draft : listeners_) {
        if (!draft.listener.tls || draft.addresses.empty()) continue;
        binder_.set_path(draft.path + ".tls");
        binder_.error("E-REQ", *value_at(draft.node, "tls"), "there is no certificate for this listener",
                      "name one in `tls.certificates` or a folder in `tls.directories`");
    }
}

void Assembly::resolve_host_tls(HostDraft& host) {
    std::vector<const ListenerDraft*> serving;
    for (const ListenerDraft& listener : listeners_) {
        if (serves(host, listener)) serving.push_back(&listener);
    }
    const ListenerDraft* tls = first_serving(serving, true);
    const ListenerDraft* plain = first_serving(serving, false);
    check_host_certificate(host);
    resolve_host_version(host);
    resolve_redirect(host, tls, plain);
    check_needs_tls(host, tls, plain);
    host.host.hsts = hsts_value(host.hsts);
}

void Assembly::check_host_certificate(const HostDraft& host) {
    const Node* pinned = value_at(value_at(host.node, "tls"), "certificate");
    if (pinned == nullptr) return;
    binder_.set_path(host.path + ".tls.certificate");
    is_known_certificate(host.host.tls.certificate, *pinned);
}

void Assembly::resolve_host_version(HostDraft& host) {
    const TlsVersion least = draft_.config.tls.min_version;
    if (host.host.tls.min_version >= least) return;
    const Node* written = value_at(value_at(host.node, "tls"), "min_version");
    if (written != nullptr && written->text == "1.2") {
        binder_.set_path(host.path + ".tls.min_version");
        binder_.error("E-CONFLICT", *written, "lower than `1.3` of `tls`",
                      "the least version of all hosts is `tls.min_version`");
    }
    host.host.tls.min_version = least;
}

void Assembly::resolve_redirect(HostDraft& host, const ListenerDraft* tls, const ListenerDraft* plain) {
    if (tls != nullptr) host.host.https_port = public_port(tls->listener);
    switch (host.redirect_https) {
        case RedirectHttps::automatic:
            host.host.redirects_to_https = tls != nullptr && plain != nullptr;
            break;
        case RedirectHttps::on:
            host.host.redirects_to_https = true;
            if (tls != nullptr) break;
            binder_.set_path(host.path + ".redirect_https");
            binder_.error("E-CONFLICT", *value_at(host.node, "redirect_https"),
                          "no TLS listener serves this host", "one needs `tls: true`");
            break;
        case RedirectHttps::off: break;
    }
}

void Assembly::check_needs_tls(const HostDraft& host, const ListenerDraft* tls, const ListenerDraft* plain) {
    const Node* mode = value_at(value_at(value_at(host.node, "tls"), "client_auth"), "mode");
    const Node* max_age = value_at(value_at(host.node, "hsts"), "max_age");
    const bool wants_certificates = host.host.tls.client_auth.mode != ClientAuthMode::off;
    const bool wants_hsts = host.hsts.max_age.count() != 0;
    const auto warn = [&](const Node* node, std::string_view path, std::string message, std::string help) {
        if (node == nullptr) return;
        binder_.report().warning("W-NO-TLS", node->place, host.path + std::string(path), std::move(message),
                                 std::move(help));
    };
    const std::string in_vain = "no TLS listener serves this host";
    if (wants_certificates && tls == nullptr) warn(mode, ".tls.client_auth.mode", in_vain, "");
    if (wants_hsts && tls == nullptr) warn(max_age, ".hsts.max_age", in_vain, "");
    const bool insists = host.host.tls.client_auth.mode == ClientAuthMode::require;
    if (insists && tls != nullptr && plain != nullptr && !host.host.redirects_to_https)
        warn(mode, ".tls.client_auth.mode", "clients of plain listeners show no certificate",
             "restrict the host with `listeners`, or leave `redirect_https` on `auto`");
}

void Assembly::check_upstream_names(const UpstreamDraft& draft) {
    const UpstreamTls& tls = draft.upstream.tls;
    if (!tls.enabled) return;
    const Node* block = value_at(draft.node, "tls");
    const Node* verify = value_at(block, "verify");
    if (!tls.verify && verify != nullptr)
        binder_.report().warning("W-TLS-VERIFY", verify->place, draft.path + ".tls.verify",
                                 "anybody on the way can pose as a server of this upstream");
    if (!tls.verify || !tls.server_name.empty() || block == nullptr) return;
    for (const Endpoint& endpoint : draft.upstream.endpoints) {
        if (endpoint.kind != Endpoint::Kind::unix_path) continue;
        binder_.set_path(draft.path + ".tls");
        binder_.error("E-REQ", *block, "a UNIX socket has no name to verify", "write a `server_name`");
        return;
    }
}

}  // namespace baton::config
