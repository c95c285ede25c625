/// The rules of one TLS listener: which host a name means, and what is asked of its clients. Included only
/// inside this folder.
#pragma once

#include "server/tls/openssl_pointers.h"
#include "server/tls/server_context.h"

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace baton::tls {

struct CaNamesFree {
    void operator()(STACK_OF(X509_NAME) * names) const { sk_X509_NAME_pop_free(names, X509_NAME_free); }
};
using CaNamesPointer = std::unique_ptr<STACK_OF(X509_NAME), CaNamesFree>;

/// What the hosts of one entry of the configuration ask of a handshake.
struct HostRule {
    Version least_version = Version::tls_1_2;
    config::ClientAuthMode client_auth = config::ClientAuthMode::off;
    const ClientAuthority* authority = nullptr;  // null without client_auth
    CaNamesPointer announced;                    // its names, parsed; null = none are announced
    std::string_view pinned;                     // name of a certificate; empty = by the name asked for

    /// Whether a client that has satisfied one has satisfied the other.
    bool asks_the_same(const HostRule& other) const;
};

/// What a ServerContext is made of.
struct ServerPolicies {
    /// The rule for `server_name`: by exact name, by the longest wildcard, by `*`, or that of no host.
    const HostRule& rule_for(std::string_view server_name) const;
    /// Fills in the rules from the hosts that the listener serves; the material outlives this.
    void learn(const config::Config& configuration, std::size_t listener, const Material& material_of_hosts);

    std::shared_ptr<const config::Config> config;
    std::shared_ptr<const Material> material;
    std::shared_ptr<const CertificateStore> certificates;
    SessionTickets* tickets = nullptr;
    ContextPointer context;
    std::string protocols;  // for ALPN, in the order of our preference, each behind its length
    bool staples = true;

    std::vector<HostRule> rules;  // by Config::hosts, and one for names that no host has
    std::map<std::string, const HostRule*, std::less<>> exact;
    std::map<std::string, const HostRule*, std::less<>> wildcard;  // `.example.com`
    const HostRule* fallback = nullptr;                            // never null
};

/// What is shown to a client that asks for `server_name`; null = nothing.
const CertificateSet* certificates_for(const HostRule& rule, std::string_view server_name,
                                       const CertificateStore& store);

}  // namespace baton::tls
