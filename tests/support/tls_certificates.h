/// Keys and certificates for tests, made in the process in some milliseconds: none lies in the repository and
/// expires.
#pragma once

#include "server/tls/certificate.h"
#include "server/tls/openssl_pointers.h"

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

namespace baton::test {

using tls::KeyType;

/// A key of that type, always the same one in a process: RSA keys take long to make.
inline EVP_PKEY* test_key(KeyType type) {
    static const tls::PrivateKeyPointer ecdsa{EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256")};
    static const tls::PrivateKeyPointer rsa{EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{2048})};
    return type == KeyType::ecdsa ? ecdsa.get() : rsa.get();
}

struct CertificateWish {
    std::string common_name = "test";
    std::string names{};  ///< as subjectAltName is written: `DNS:a.example,IP:127.0.0.1`; empty = none
    KeyType key = KeyType::ecdsa;
    bool authority = false;
    const X509* issuer = nullptr;  ///< whose key is `test_key(ecdsa)`; null = signed by itself
    long lifetime = 86400;         ///< seconds from now; negative = has expired
};

inline void add_extension(X509* certificate, int kind, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
    X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
    if (extension == nullptr || X509_add_ext(certificate, extension, -1) != 1) std::abort();
    X509_EXTENSION_free(extension);
}

inline tls::X509Pointer make_certificate(const CertificateWish& wish) {
    static long serial = 1000;
    tls::X509Pointer made{X509_new()};
    X509_set_version(made.get(), X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(made.get()), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(made.get()), -86400);
    X509_gmtime_adj(X509_getm_notAfter(made.get()), wish.lifetime);
    X509_NAME* const subject = X509_get_subject_name(made.get());
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(wish.common_name.c_str()), -1, -1, 0);
    X509_set_issuer_name(made.get(), wish.issuer != nullptr ? X509_get_subject_name(wish.issuer) : subject);
    X509_set_pubkey(made.get(), test_key(wish.key));
    if (wish.authority) add_extension(made.get(), NID_basic_constraints, "critical,CA:TRUE");
    if (!wish.names.empty()) add_extension(made.get(), NID_subject_alt_name, wish.names);
    EVP_PKEY* const signer = test_key(wish.issuer != nullptr ? KeyType::ecdsa : wish.key);
    if (X509_sign(made.get(), signer, EVP_sha256()) == 0) std::abort();
    return made;
}

inline std::string pem_of(const X509* certificate) {
    const std::unique_ptr<BIO, tls::OpensslFree<BIO_free>> text{BIO_new(BIO_s_mem())};
    PEM_write_bio_X509(text.get(), certificate);
    char* bytes = nullptr;
    const long length = BIO_get_mem_data(text.get(), &bytes);
    return {bytes, static_cast<std::size_t>(length)};
}

inline std::string pem_of(const EVP_PKEY* key) {
    const std::unique_ptr<BIO, tls::OpensslFree<BIO_free>> text{BIO_new(BIO_s_mem())};
    PEM_write_bio_PrivateKey(text.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
    char* bytes = nullptr;
    const long length = BIO_get_mem_data(text.get(), &bytes);
    return {bytes, static_cast<std::size_t>(length)};
}

/// As it would be loaded from files.
inline std::shared_ptr<const tls::Certificate> load(const CertificateWish& wish, std::string name = {},
                                                    std::string ocsp = {}, std::int64_t ocsp_until = 0) {
    const tls::X509Pointer made = make_certificate(wish);
    auto loaded = tls::load_certificate(
        {std::move(name), "test.pem", pem_of(made.get()), pem_of(test_key(wish.key)), {}});
    if (!loaded) std::abort();
    loaded->ocsp_response = std::move(ocsp);
    loaded->ocsp_until = ocsp_until;
    return std::make_shared<const tls::Certificate>(std::move(*loaded));
}

}  // namespace baton::test
