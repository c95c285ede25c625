/// Reads files with secrets: into OpenSSL's secure heap, which is locked and left out of core dumps.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace baton::tls {

/// The content of a file, wiped when it goes.
class SecretText {
public:
    SecretText() = default;
    /// Room for `size` bytes; without memory it is empty.
    explicit SecretText(std::size_t size);
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

struct SecretFile {
    SecretText content;
    bool readable_by_all = false;
};

/// Fails with the system's words, or because it is no regular file or longer than `largest` bytes.
tl::expected<SecretFile, std::string> read_secret_file(const std::string& path, std::size_t largest);

}  // namespace baton::tls
