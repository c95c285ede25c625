#include "server/tls/hmac.h"

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

constexpr std::size_t longest_block = 128;

std::size_t block_of(Hash hash) {
    return hash == Hash::sha256 ? 64 : longest_block;
}

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

/// The digest of a padded key and a message. The context keeps something of them until it is used again.
bool digest(EVP_MD_CTX* context, std::span<const std::uint8_t> padded, std::span<const std::uint8_t> message,
            std::uint8_t* out) {
    return EVP_DigestInit_ex2(context, nullptr, nullptr) == 1 &&
           EVP_DigestUpdate(context, padded.data(), padded.size()) == 1 &&
           EVP_DigestUpdate(context, message.data(), message.size()) == 1 &&
           EVP_DigestFinal_ex(context, out, nullptr) == 1;
}

}  // namespace

bool hmac(Hash hash, std::span<const std::uint8_t> key, std::span<const std::uint8_t> message,
          std::span<std::uint8_t> out) {
    ASSERT(key.size() <= length_of(hash) && out.size() == length_of(hash));
    EVP_MD_CTX* const context = digest_context(hash);
    if (context == nullptr) return false;
    std::array<std::uint8_t, longest_block> memory{};
    const std::span padded{memory.data(), block_of(hash)};
    std::ranges::copy(key, padded.begin());
    for (std::uint8_t& byte : padded) byte ^= 0x36;
    bool good = digest(context, padded, message, out.data());
    for (std::uint8_t& byte : padded) byte ^= 0x36 ^ 0x5c;
    good = good && digest(context, padded, out, out.data());
    good = EVP_DigestInit_ex2(context, nullptr, nullptr) == 1 && good;
    OPENSSL_cleanse(memory.data(), memory.size());
    return good;
}

bool hash_of_nothing(Hash hash, std::span<std::uint8_t> out) {
    ASSERT(out.size() == length_of(hash));
    EVP_MD_CTX* const context = digest_context(hash);
    return context != nullptr && digest(context, {}, {}, out.data());
}

}  // namespace baton::tls
