#include "server/tls/certificate.h"

#include "server/tls/certificate_facts.h"
#include "server/tls/ocsp_response.h"
#include "server/tls/openssl_words.h"
#include "server/tls/pem.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <optional>

namespace baton::tls {
namespace {

constexpr int least_rsa_bits = 2048;

/// Fails with words for a key that no client of ours could use safely.
tl::expected<KeyType, std::string> type_of(const EVP_PKEY& key) {
    if (EVP_PKEY_get_base_id(&key) == EVP_PKEY_RSA) {
        const int bits = EVP_PKEY_get_bits(&key);
        if (bits >= least_rsa_bits) return KeyType::rsa;
        return tl::unexpected("its RSA key has " + std::to_string(bits) + " bits; 2048 are the least");
    }
    if (EVP_PKEY_get_base_id(&key) != EVP_PKEY_EC)
        return tl::unexpected(std::string("its key is neither RSA nor EC (P-256, P-384)"));
    std::array<char, 64> group{};
    if (EVP_PKEY_get_group_name(&key, group.data(), group.size(), nullptr) != 1) return KeyType::ecdsa;
    const std::string_view name = group.data();
    if (name == "prime256v1" || name == "P-256" || name == "secp384r1" || name == "P-384")
        return KeyType::ecdsa;
    return tl::unexpected("its EC key is on the curve " + std::string(name) +
                          "; P-256 and P-384 are supported");
}

/// Why `key` cannot be used with the first of `certificates`; nothing when it can.
std::optional<std::string> mismatch(const std::vector<X509Pointer>& certificates, const EVP_PKEY& key) {
    const auto fits = [&key](const X509Pointer& certificate) {
        const bool yes = X509_check_private_key(certificate.get(), &key) == 1;
        ERR_clear_error();
        return yes;
    };
    if (fits(certificates.front())) return std::nullopt;
    const auto owner = std::ranges::find_if(certificates, fits);
    if (owner == certificates.end()) return "the key does not belong to the certificate";
    return "the key belongs to certificate " + std::to_string(owner - certificates.begin() + 1) +
           " of the file; it must be the first";
}

bool has_order(const std::vector<X509Pointer>& certificates) {
    for (std::size_t i = 1; i < certificates.size(); ++i) {
        if (X509_check_issued(certificates[i].get(), certificates[i - 1].get()) != X509_V_OK) return false;
    }
    return true;
}

bool matches_wildcard(std::string_view pattern, std::string_view name) {
    if (!pattern.starts_with("*.")) return false;
    const std::size_t dot = name.find('.');
    return dot != std::string_view::npos && dot > 0 && name.substr(dot) == pattern.substr(1);
}

}  // namespace

bool Certificate::covers(std::string_view server_name) const {
    return std::ranges::any_of(names, [server_name](std::string_view one) {
        return one == server_name || matches_wildcard(one, server_name);
    });
}

tl::expected<Certificate, std::string> load_certificate(const CertificateSource& source) {
    CertificateParts parts;
    auto certificates = parse_certificates(source.chain_pem);
    if (!certificates) return tl::unexpected(std::move(certificates.error()));
    auto key = parse_private_key(source.key_pem);
    if (!key) return tl::unexpected(std::move(key.error()));
    parts.name = source.name;
    parts.file = source.file;
    parts.certificates = std::move(*certificates);
    parts.key = std::move(key->key);
    parts.key_der = std::move(key->der);
    parts.ocsp_der = source.ocsp_der;
    return load_certificate(std::move(parts));
}

tl::expected<Certificate, std::string> load_certificate(CertificateParts parts) {
    if (parts.certificates.empty()) return tl::unexpected(std::string("there is no certificate in it"));
    X509& leaf = *parts.certificates.front();
    const EVP_PKEY* const public_key = X509_get0_pubkey(&leaf);
    if (public_key == nullptr)
        return tl::unexpected("its public key is damaged (" + take_openssl_error() + ")");
    const auto type = type_of(*public_key);
    if (!type) return tl::unexpected(type.error());
    if (auto why = mismatch(parts.certificates, *parts.key)) return tl::unexpected(std::move(*why));

    Certificate certificate;
    certificate.key_type = *type;
    certificate.names = names_of(leaf);
    certificate.serial = serial_of(leaf);
    certificate.fingerprint = fingerprint_of(leaf);
    certificate.not_before = seconds_of(X509_get0_notBefore(&leaf));
    certificate.not_after = seconds_of(X509_get0_notAfter(&leaf));
    if (certificate.names.empty())
        certificate.remarks.emplace_back(
            "it names no host in subjectAltName, and clients ignore the common name: it is shown only where "
            "it is pinned or the default");
    if (!has_order(parts.certificates))
        certificate.remarks.emplace_back(
            "its chain is not in order: each certificate must be followed by the one that signed it");
    if (!parts.ocsp_der.empty()) {
        const X509* const issuer = parts.certificates.size() > 1 ? parts.certificates[1].get() : nullptr;
        const StapleVerdict verdict = judge_staple(parts.ocsp_der, leaf, issuer, std::time(nullptr));
        if (verdict.why_not.empty()) {
            certificate.ocsp_response = std::move(parts.ocsp_der);
            certificate.ocsp_until = verdict.until;
        } else {
            certificate.remarks.push_back("its OCSP response is not stapled: " + verdict.why_not);
        }
    }
    certificate.name = std::move(parts.name);
    certificate.file = std::move(parts.file);
    certificate.key = std::move(parts.key);
    certificate.key_der = std::move(parts.key_der);
    certificate.chain = make_chain(parts.certificates, 1);
    certificate.leaf = std::move(parts.certificates.front());
    return certificate;
}

}  // namespace baton::tls
