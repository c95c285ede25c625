#include "server/tls/cipher_suite.h"

#include <algorithm>
#include <array>

namespace baton::tls {
namespace {

constexpr std::array<CipherSuite, 9> suites{{
    {0x1301, "TLS_AES_128_GCM_SHA256", Version::tls_1_3, Aead::aes_128_gcm, Hash::sha256},
    {0x1302, "TLS_AES_256_GCM_SHA384", Version::tls_1_3, Aead::aes_256_gcm, Hash::sha384},
    {0x1303, "TLS_CHACHA20_POLY1305_SHA256", Version::tls_1_3, Aead::chacha20_poly1305, Hash::sha256},
    {0xc02b, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", Version::tls_1_2, Aead::aes_128_gcm, Hash::sha256},
    {0xc02c, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", Version::tls_1_2, Aead::aes_256_gcm, Hash::sha384},
    {0xc02f, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", Version::tls_1_2, Aead::aes_128_gcm, Hash::sha256},
    {0xc030, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", Version::tls_1_2, Aead::aes_256_gcm, Hash::sha384},
    {0xcca8, "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", Version::tls_1_2, Aead::chacha20_poly1305,
     Hash::sha256},
    {0xcca9, "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", Version::tls_1_2, Aead::chacha20_poly1305,
     Hash::sha256},
}};

}  // namespace

const CipherSuite* find_suite(std::uint16_t id) {
    const auto found = std::ranges::find(suites, id, &CipherSuite::id);
    return found == suites.end() ? nullptr : &*found;
}

std::string_view to_string(Version version) {
    return version == Version::tls_1_3 ? "TLSv1.3" : "TLSv1.2";
}

}  // namespace baton::tls
