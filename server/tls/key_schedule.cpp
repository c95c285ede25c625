#include "server/tls/key_schedule.h"

#include "server/assert.h"
#include "server/tls/openssl_pointers.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <memory>

namespace baton::tls {
namespace {

using DigestContextPointer = std::unique_ptr<EVP_MD_CTX, OpensslFree<EVP_MD_CTX_free>>;

constexpr std::string_view label_prefix = "tls13 ";
constexpr std::size_t longest_label = 32;

DigestContextPointer make_digest(const char* name) {
    const std::unique_ptr<EVP_MD, OpensslFree<EVP_MD_free>> digest{EVP_MD_fetch(nullptr, name, nullptr)};
    DigestContextPointer context{EVP_MD_CTX_new()};
    if (!digest || !context || EVP_DigestInit_ex2(context.get(), digest.get(), nullptr) != 1) return nullptr;
    return context;
}

/// One context for all: to make one costs more than to use it.
EVP_MD_CTX* digest_context(Hash hash) {
    static const std::array<DigestContextPointer, 2> contexts{make_digest("SHA256"), make_digest("SHA384")};
    return contexts[static_cast<std::size_t>(hash)].get();
}

constexpr std::size_t longest_hash_block = 128;
std::size_t block_of(Hash hash) {
    return hash == Hash::sha256 ? 64 : longest_hash_block;
}

/// The digest of a padded key and a message. Leaves nothing of them in the context.
bool digest(EVP_MD_CTX* context, std::span<const std::uint8_t> padded, std::span<const std::uint8_t> message,
            std::uint8_t* out) {
    return EVP_DigestInit_ex2(context, nullptr, nullptr) == 1 &&
           EVP_DigestUpdate(context, padded.data(), padded.size()) == 1 &&
           EVP_DigestUpdate(context, message.data(), message.size()) == 1 &&
           EVP_DigestFinal_ex(context, out, nullptr) == 1 &&
           EVP_DigestInit_ex2(context, nullptr, nullptr) == 1;
}

/// HMAC (RFC 2104) from the bare digest: OpenSSL's own costs three times as much to set up. `key` is no
/// longer than a block.
bool hmac(Hash hash, std::span<const std::uint8_t> key, std::span<const std::uint8_t> message,
          std::span<std::uint8_t> out) {
    EVP_MD_CTX* const context = digest_context(hash);
    if (context == nullptr) return false;
    std::array<std::uint8_t, longest_hash_block> memory{};
    const std::span padded{memory.data(), block_of(hash)};
    std::ranges::copy(key, padded.begin());
    for (std::uint8_t& byte : padded) byte ^= 0x36;
    bool good = digest(context, padded, message, out.data());
    for (std::uint8_t& byte : padded) byte ^= 0x36 ^ 0x5c;
    good = good && digest(context, padded, out, out.data());
    OPENSSL_cleanse(memory.data(), memory.size());
    return good;
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
