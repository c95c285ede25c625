#include "server/tls/key_schedule.h"

#include "server/assert.h"
#include "server/tls/openssl_pointers.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/params.h>

#include <algorithm>
#include <array>
#include <memory>

namespace baton::tls {
namespace {

using MacContextPointer = std::unique_ptr<EVP_MAC_CTX, OpensslFree<EVP_MAC_CTX_free>>;

constexpr std::string_view label_prefix = "tls13 ";
constexpr std::size_t longest_label = 32;

MacContextPointer make_hmac(const char* digest) {
    const std::unique_ptr<EVP_MAC, OpensslFree<EVP_MAC_free>> mac{EVP_MAC_fetch(nullptr, "HMAC", nullptr)};
    MacContextPointer context{mac ? EVP_MAC_CTX_new(mac.get()) : nullptr};
    std::string name{digest};
    const std::array<OSSL_PARAM, 2> parameters{
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name.data(), 0), OSSL_PARAM_construct_end()};
    if (!context || EVP_MAC_CTX_set_params(context.get(), parameters.data()) != 1) return nullptr;
    return context;
}

/// A context without a key: copies of it spare the search for the digest by name.
const EVP_MAC_CTX* hmac_pattern(Hash hash) {
    static const std::array<MacContextPointer, 2> patterns{make_hmac("SHA256"), make_hmac("SHA384")};
    return patterns[static_cast<std::size_t>(hash)].get();
}

bool hmac(Hash hash, std::span<const std::uint8_t> key, std::span<const std::uint8_t> message,
          std::span<std::uint8_t> out) {
    const EVP_MAC_CTX* const pattern = hmac_pattern(hash);
    const MacContextPointer context{pattern != nullptr ? EVP_MAC_CTX_dup(pattern) : nullptr};
    std::size_t length = 0;
    return context && EVP_MAC_init(context.get(), key.data(), key.size(), nullptr) == 1 &&
           EVP_MAC_update(context.get(), message.data(), message.size()) == 1 &&
           EVP_MAC_final(context.get(), out.data(), &length, out.size()) == 1;
}

}  // namespace

bool expand_label(Hash hash, std::span<const std::uint8_t> secret, std::string_view label,
                  std::span<std::uint8_t> out) {
    const std::size_t hash_length = hash == Hash::sha256 ? 32 : 48;
    ASSERT(label.size() <= longest_label && out.size() <= hash_length);
    // The HkdfLabel, then the counter of HKDF-Expand, of which one round is enough (RFC 5869 §2.3).
    std::array<std::uint8_t, 2 + 1 + label_prefix.size() + longest_label + 1 + 1> info{};
    auto* at = info.data();
    *at++ = 0;
    *at++ = static_cast<std::uint8_t>(out.size());
    *at++ = static_cast<std::uint8_t>(label_prefix.size() + label.size());
    at = std::ranges::copy(label_prefix, at).out;
    at = std::ranges::copy(label, at).out;
    *at++ = 0;
    *at++ = 1;
    std::array<std::uint8_t, 48> round{};
    const bool good = hmac(hash, secret, {info.data(), at}, {round.data(), hash_length});
    if (good) std::copy_n(round.data(), out.size(), out.data());
    OPENSSL_cleanse(round.data(), round.size());
    return good;
}

bool derive_traffic_keys(const CipherSuite& suite, TrafficKeys& keys) {
    const std::span secret{keys.secret.data(), suite.hash_length()};
    keys.sequence = 0;
    return expand_label(suite.hash, secret, "key", {keys.key.data(), suite.key_length()}) &&
           expand_label(suite.hash, secret, "iv", keys.iv);
}

bool update_traffic_keys(const CipherSuite& suite, TrafficKeys& keys) {
    const std::span secret{keys.secret.data(), suite.hash_length()};
    return expand_label(suite.hash, secret, "traffic upd", secret) && derive_traffic_keys(suite, keys);
}

}  // namespace baton::tls
