#include "server/tls/server_policies.h"

#include "server/tls/protocol_options.h"

#include <algorithm>

namespace baton::tls {
namespace {

bool serves(const config::Host& host, std::string_view listener) {
    return host.listeners.empty() || std::ranges::find(host.listeners, listener) != host.listeners.end();
}

CaNamesPointer parse_names(const std::vector<std::string>& der) {
    if (der.empty()) return nullptr;
    CaNamesPointer names{sk_X509_NAME_new_null()};
    for (const std::string& one : der) {
        const auto* bytes = reinterpret_cast<const unsigned char*>(one.data());
        X509_NAME* const name = d2i_X509_NAME(nullptr, &bytes, static_cast<long>(one.size()));
        if (name != nullptr && sk_X509_NAME_push(names.get(), name) == 0) X509_NAME_free(name);
    }
    return names;
}

}  // namespace

bool HostRule::asks_the_same(const HostRule& other) const {
    if (client_auth != other.client_auth) return false;
    if (authority == nullptr || other.authority == nullptr) return authority == other.authority;
    return authority->identity == other.authority->identity;
}

void ServerPolicies::learn(const config::Config& configuration, std::size_t listener,
                           const Material& material_of_hosts) {
    const Version least = least_version_of(configuration.tls);
    rules.resize(configuration.hosts.size() + 1);
    fallback = &rules.back();
    rules.back().least_version = least;
    bool has_star = false;
    for (std::size_t i = 0; i < configuration.hosts.size(); ++i) {
        const config::Host& host = configuration.hosts[i];
        if (!serves(host, configuration.listeners[listener].name)) continue;
        HostRule& rule = rules[i];
        rule.least_version = std::max(least, version_of(host.tls.min_version));
        rule.pinned = host.tls.certificate;
        rule.client_auth = host.tls.client_auth.mode;
        if (rule.client_auth != config::ClientAuthMode::off && i < material_of_hosts.client_authority.size())
            rule.authority = material_of_hosts.client_authority[i].get();
        if (rule.authority != nullptr) rule.announced = parse_names(rule.authority->announced_names);
        for (const std::string& name : host.names) {
            if (name == "*") {
                if (!has_star) fallback = &rule;
                has_star = true;
            } else if (name.starts_with("*.")) {
                wildcard.emplace(name.substr(1), &rule);
            } else {
                exact.emplace(name, &rule);
            }
        }
    }
}

const HostRule& ServerPolicies::rule_for(std::string_view server_name) const {
    if (const auto found = exact.find(server_name); found != exact.end()) return *found->second;
    if (wildcard.empty()) return *fallback;
    // From the left, so that the longest suffix comes first. At least one character stands for the `*`.
    for (std::size_t dot = server_name.find('.', 1); dot != std::string_view::npos;
         dot = server_name.find('.', dot + 1)) {
        if (const auto found = wildcard.find(server_name.substr(dot)); found != wildcard.end())
            return *found->second;
    }
    return *fallback;
}

const CertificateSet* certificates_for(const HostRule& rule, std::string_view server_name,
                                       const CertificateStore& store) {
    return rule.pinned.empty() ? store.find(server_name) : store.named(rule.pinned);
}

}  // namespace baton::tls
