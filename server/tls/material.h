/// All that TLS needs from files, loaded by the master while it may read them. Workers get it by inheritance.
///
/// Shows OpenSSL's types: outside this folder `load_material.h` suffices.
#pragma once

#include "server/tls/certificate_inventory.h"
#include "server/tls/certificate_store.h"
#include "server/tls/load_material.h"
#include "server/tls/ticket_keys.h"

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace baton::tls {

/// Whom the client certificates of a host must come from.
struct ClientAuthority {
    /// `client_auth.ca`, with `client_auth.crl` when set: then the list of every authority on the way is due.
    /// Each certificate of the bundle is an anchor, self-signed or not.
    X509StorePointer trusted;
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
    ~Material();  ///< wipes the ticket keys

    std::shared_ptr<const CertificateStore> certificates;  ///< never null
    CertificateInventory inventory;                        ///< what they were made of
    std::vector<std::unique_ptr<ClientAuthority>>
        client_authority;                                         ///< by Config::hosts; null = no client_auth
    std::map<std::string, UpstreamTrust, std::less<>> upstreams;  ///< by name, those with TLS
    std::vector<TicketKeyFile> ticket_keys;                       ///< of `session_tickets.key_files`
};

}  // namespace baton::tls
