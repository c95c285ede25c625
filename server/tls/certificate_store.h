/// Which certificates are shown for which name (SNI).
#pragma once

#include "server/tls/certificate.h"

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace baton::tls {

/// The certificates that one name is served with: one for each type of key that there is.
struct CertificateSet {
    std::array<std::shared_ptr<const Certificate>, 2> by_type;  ///< indexed by KeyType; null = none
    /// SHA-256 of its key types and of the names that its certificates cover: the same after a renewal, in
    /// every worker and generation, and on every machine of a fleet. Session tickets are bound to it.
    std::array<std::uint8_t, 32> identity{};

    bool covers(std::string_view server_name) const;
};

/// Immutable: a renewal makes another store.
class CertificateStore {
public:
    CertificateStore(const CertificateStore&) = delete;
    CertificateStore& operator=(const CertificateStore&) = delete;
    /// Of several certificates for one name and key type the one that expires last is shown. `default_name`
    /// names the certificate for unknown names; empty = they are refused.
    CertificateStore(std::vector<std::shared_ptr<const Certificate>> certificates,
                     std::string_view default_name);

    /// By exact name, then by wildcard, then the default. Null: there is none, and the handshake is refused
    /// with unrecognized_name. `server_name` is in lower case, empty when the client sent none.
    const CertificateSet* find(std::string_view server_name) const;
    /// The set of the certificates with this `Certificate::name` (hosts[].tls.certificate); null if none.
    const CertificateSet* named(std::string_view name) const;
    std::span<const std::shared_ptr<const Certificate>> certificates() const { return certificates_; }
    const std::string& default_name() const { return default_name_; }

private:
    std::vector<std::shared_ptr<const Certificate>> certificates_;
    std::map<std::string, CertificateSet, std::less<>> by_host_name_;  // exact names and `*.example.com`
    std::map<std::string, CertificateSet, std::less<>> by_own_name_;
    std::string default_name_;
    const CertificateSet* default_ = nullptr;
};

}  // namespace baton::tls
