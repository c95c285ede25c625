#include "server/tls/digest.h"

#include "server/assert.h"

#include <openssl/evp.h>

#include <memory>

namespace baton::tls {

namespace {

template <std::size_t length>
std::array<std::uint8_t, length> digest_of(const EVP_MD* kind,
                                           std::initializer_list<std::string_view> pieces) {
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
    ASSERT(context && EVP_DigestInit_ex(context.get(), kind, nullptr) == 1);
    for (const std::string_view piece : pieces) {
        ASSERT(EVP_DigestUpdate(context.get(), piece.data(), piece.size()) == 1);
    }
    std::array<std::uint8_t, length> digest{};
    ASSERT(EVP_DigestFinal_ex(context.get(), digest.data(), nullptr) == 1);
    return digest;
}

}  // namespace

std::array<std::uint8_t, 20> sha1(std::initializer_list<std::string_view> pieces) {
    return digest_of<20>(EVP_sha1(), pieces);
}

std::array<std::uint8_t, 32> sha256(std::initializer_list<std::string_view> pieces) {
    return digest_of<32>(EVP_sha256(), pieces);
}

}  // namespace baton::tls
