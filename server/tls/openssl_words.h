/// What OpenSSL says about its last failure, in words.
#pragma once

#include <string>

namespace baton::tls {

/// The reason of the failure that was reported last, and empties OpenSSL's queue. Never empty.
std::string take_openssl_error();

}  // namespace baton::tls
