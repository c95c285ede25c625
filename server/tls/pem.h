/// Certificates and private keys out of PEM text (RFC 7468).
#pragma once

#include "server/tls/openssl_pointers.h"
#include "server/tls/secret_text.h"

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

namespace baton::tls {

/// Every certificate in `pem`, in its order; other blocks are skipped. Fails with words when one is damaged
/// or there is none.
tl::expected<std::vector<X509Pointer>, std::string> parse_certificates(std::string_view pem);

struct PrivateKey {
    PrivateKeyPointer key;
    SecretText der;  ///< as it was in the file: OpenSSL's encoders leave traces in the heap
};

/// The first private key in `pem`. What is decoded on the way lies in OpenSSL's secure heap. Fails with words
/// when there is none, or when it is encrypted or damaged.
tl::expected<PrivateKey, std::string> parse_private_key(std::string_view pem);

/// The order of certificates that OpenSSL wants; takes those from `first` on. Null when there are none.
X509ChainPointer make_chain(std::vector<X509Pointer>& certificates, std::size_t first);

}  // namespace baton::tls
