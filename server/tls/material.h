/// All that TLS needs from files, loaded by the master while it may read them. Workers get it by inheritance.
#pragma once

#include "config/config.h"
#include "config/finding.h"
#include "server/tls/certificate_store.h"

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace baton::tls {

/// Whom the client certificates of a host must come from.
struct ClientAuthority {
    X509StorePointer trusted;  ///< `client_auth.ca`, with `client_auth.crl` when set
    /// The names that are announced to clients in the CertificateRequest, DER.
    std::vector<std::string> announced_names;
    /// SHA-256 of mode, CA and CRL: equal for hosts with the same policy, different after any change.
    std::array<std::uint8_t, 32> identity{};
};

/// How an upstream's servers are verified, and who we are to them.
struct UpstreamTrust {
    std::shared_ptr<X509_STORE> trusted;  ///< null with `verify: false`
    X509Pointer certificate;              ///< our own, null = none
    X509ChainPointer chain;
    PrivateKeyPointer key;
};

struct Material {
    std::shared_ptr<const CertificateStore> certificates;  ///< never null
    std::vector<std::unique_ptr<ClientAuthority>>
        client_authority;                                         ///< by Config::hosts; null = no client_auth
    std::map<std::string, UpstreamTrust, std::less<>> upstreams;  ///< by name, those with TLS
    std::vector<std::array<std::uint8_t, 80>> ticket_keys;        ///< of `session_tickets.key_files`
};

/// A cold start leaves a bad certificate out so that the other hosts are served; `check` and `reload` refuse
/// it unless `tls.on_error` is `skip`.
enum class Strictness : std::uint8_t { cold_start, refuse };

struct LoadedMaterial {
    std::shared_ptr<const Material> material;  ///< null when any finding is an error
    std::vector<config::Finding> findings;  ///< E-CERT, E-FILE, W-CERT-EXPIRY, at the key that names the file
};

/// Reads every file that the configuration's TLS keys name. A CA, CRL or ticket key that cannot be used is
/// always an error. Certificates that are left out, and those that expire within 14 days, are warnings.
LoadedMaterial load_material(const config::Config& config, Strictness strictness);

}  // namespace baton::tls
