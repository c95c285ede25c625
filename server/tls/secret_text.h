/// Bytes of a secret, in OpenSSL's secure heap: locked, left out of core dumps, wiped when they go.
#pragma once

#include <cstddef>
#include <string_view>

namespace baton::tls {

class SecretText {
public:
    SecretText() = default;
    /// Room for `size` bytes; without memory it is empty.
    explicit SecretText(std::size_t size);
    explicit SecretText(std::string_view text);
    SecretText(SecretText&& other) noexcept;
    SecretText& operator=(SecretText&& other) noexcept;
    ~SecretText();

    std::string_view text() const { return {data_, size_}; }
    char* data() { return data_; }
    std::size_t size() const { return size_; }

private:
    char* data_ = nullptr;
    std::size_t size_ = 0;
};

}  // namespace baton::tls
