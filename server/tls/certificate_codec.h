/// All certificates of a store with their keys as bytes: how a master gives renewed ones to its workers.
///
/// The bytes lie in a sealed memfd, never in a file with a name, and are gone with its last descriptor. Both
/// ends run the same binary, and yet what is read is checked like foreign input.
#pragma once

#include "server/event/fd.h"
#include "server/result.h"

#include <memory>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace baton::tls {

class CertificateStore;

/// A sealed memfd with the whole store, which was loaded in this process. Fails with what the system said.
Result<Fd> pack_certificates(const CertificateStore& store);

/// The store in such a memfd. Fails with words when it is not sealed, truncated, or holds something that
/// load_certificate would not take.
tl::expected<std::shared_ptr<const CertificateStore>, std::string> unpack_certificates(const Fd& sealed);

/// The same for bytes in memory.
tl::expected<std::shared_ptr<const CertificateStore>, std::string> decode_certificates(
    std::string_view bytes);

}  // namespace baton::tls
