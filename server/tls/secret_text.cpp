#include "server/tls/secret_text.h"

#include <openssl/crypto.h>

#include <cstring>
#include <utility>

namespace baton::tls {

SecretText::SecretText(std::size_t size)
    : data_(static_cast<char*>(OPENSSL_secure_zalloc(size > 0 ? size : 1))),
      size_(data_ != nullptr ? size : 0) {}

SecretText::SecretText(std::string_view text) : SecretText(text.size()) {
    if (size_ > 0) std::memcpy(data_, text.data(), size_);
}

SecretText::SecretText(SecretText&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

SecretText& SecretText::operator=(SecretText&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
}

SecretText::~SecretText() {
    OPENSSL_secure_clear_free(data_, size_ > 0 ? size_ : 1);
}

}  // namespace baton::tls
