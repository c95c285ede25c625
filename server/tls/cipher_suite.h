/// The cipher suites that Baton speaks: three AEADs, in TLS 1.3 and in TLS 1.2 with ECDHE. Nothing else is
/// ever offered, so that one record layer carries every connection.
#pragma once

#include <cstdint>
#include <string_view>

namespace baton::tls {

enum class Version : std::uint16_t { tls_1_2 = 0x0303, tls_1_3 = 0x0304 };
enum class Role : std::uint8_t { server, client };
enum class Aead : std::uint8_t { aes_128_gcm, aes_256_gcm, chacha20_poly1305 };
/// Of the key schedule: HKDF in TLS 1.3, the PRF in TLS 1.2.
enum class Hash : std::uint8_t { sha256, sha384 };

struct CipherSuite {
    std::uint16_t id;       ///< as on the wire (RFC 8446 §B.4, RFC 5289, RFC 7905)
    std::string_view name;  ///< the registry's, `TLS_AES_128_GCM_SHA256`
    Version version;
    Aead aead;
    Hash hash;

    std::size_t key_length() const { return aead == Aead::aes_128_gcm ? 16 : 32; }
    std::size_t hash_length() const { return hash == Hash::sha256 ? 32 : 48; }
    /// TLS 1.2 GCM sends eight bytes of each nonce in the record (RFC 5288 §3).
    bool has_explicit_nonce() const { return version == Version::tls_1_2 && aead != Aead::chacha20_poly1305; }
    std::size_t fixed_nonce_length() const { return has_explicit_nonce() ? 4 : 12; }
};

/// Null for a suite that is not spoken here.
const CipherSuite* find_suite(std::uint16_t id);

std::string_view to_string(Version version);  ///< `TLSv1.3`, as everybody's logs spell it

}  // namespace baton::tls
