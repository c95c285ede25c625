/// Reads files with secrets: into OpenSSL's secure heap, which is locked and left out of core dumps.
#pragma once

#include "server/tls/secret_text.h"

#include <cstddef>
#include <string>
#include <tl/expected.hpp>

namespace baton::tls {

struct SecretFile {
    SecretText content;
    bool readable_by_all = false;
};

/// Fails with the system's words, or because it is no regular file or longer than `largest` bytes.
tl::expected<SecretFile, std::string> read_secret_file(const std::string& path, std::size_t largest);

}  // namespace baton::tls
