#include "config/tls_checks.h"

#include "config/bind_value.h"

#include <chrono>

namespace baton::config {
namespace {

// What the list of preloaded sites asks for.
constexpr std::chrono::hours least_preload_age{365 * 24};

void need(Binder& binder, const MapEntry& key, std::string_view other, std::string help = {}) {
    binder.error("E-REQ", key.key_place, "`" + key.key + "` needs a `" + std::string(other) + "` beside it",
                 std::move(help));
}

}  // namespace

void bind_default_certificate(Binder& binder, const Key& key, const Node& node, Tls& out) {
    bind_value(binder, key, node, out.default_certificate);
    out.default_certificate_origin = origin_of(node);
}

void bind_pinned_certificate(Binder& binder, const Key& key, const Node& node, HostTls& out) {
    bind_value(binder, key, node, out.certificate);
    out.certificate_origin = origin_of(node);
}

void check_session_tickets(Binder& binder, const Node& node, void* session_tickets) {
    const auto& tickets = *static_cast<const SessionTickets*>(session_tickets);
    if (tickets.key_files.size() > SessionTickets::most_keys)
        binder.error("E-RANGE", *node.find("key_files")->value,
                     "more than " + std::to_string(SessionTickets::most_keys) + " keys");
}

void check_client_auth(Binder& binder, const Node& node, void* client_auth) {
    const auto& auth = *static_cast<const ClientAuth*>(client_auth);
    const MapEntry* mode = node.find("mode");
    if (mode == nullptr && !node.entries.empty()) {
        need(binder, node.entries.front(), "mode", "`request` or `require`");
        return;
    }
    if (auth.mode != ClientAuthMode::off && node.find("ca") == nullptr)
        binder.error("E-REQ", mode->value->place, "`mode: " + mode->value->text + "` needs a `ca` beside it",
                     "the file of the authorities that clients' certificates come from");
}

void check_hsts(Binder& binder, const Node& node, void* hsts_draft) {
    const auto& hsts = *static_cast<const HstsDraft*>(hsts_draft);
    const MapEntry* include = node.find("include_subdomains");
    const MapEntry* preload = node.find("preload");
    const MapEntry* first = hsts.preload ? preload : (hsts.include_subdomains ? include : nullptr);
    if (first == nullptr) return;
    if (hsts.max_age.count() == 0) {
        need(binder, *first, "max_age", "such as `max_age: 365d`");
    } else if (hsts.preload && hsts.max_age < least_preload_age) {
        binder.error("E-CONFLICT", *node.find("max_age")->value, "`preload` needs a longer `max_age`",
                     "at least `365d`");
    }
    if (hsts.preload && !hsts.include_subdomains)
        binder.error("E-REQ", preload->key_place, "`preload` needs `include_subdomains: true` beside it",
                     "browsers take no site into their list without it");
}

void check_upstream_tls(Binder& binder, const Node& node, void* upstream_tls) {
    auto& tls = *static_cast<UpstreamTls*>(upstream_tls);
    if (node.entries.empty()) {
        binder.error("E-REQ", node, "`tls` says nothing", "write `tls: { enabled: true }`");
        return;
    }
    if (node.find("enabled") == nullptr) tls.enabled = true;
    const MapEntry* cert = node.find("cert");
    const MapEntry* key = node.find("key");
    if (cert != nullptr && key == nullptr) need(binder, *cert, "key");
    if (key != nullptr && cert == nullptr) need(binder, *key, "cert");
}

std::string hsts_value(const HstsDraft& hsts) {
    if (hsts.max_age.count() == 0) return {};
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(hsts.max_age).count();
    std::string value = "max-age=" + std::to_string(seconds);
    if (hsts.include_subdomains) value += "; includeSubDomains";
    if (hsts.preload) value += "; preload";
    return value;
}

}  // namespace baton::config
