#include "server/tls/openssl_words.h"

#include <openssl/err.h>

#include <cstring>

namespace baton::tls {

std::string take_openssl_error() {
    const unsigned long code = ERR_peek_last_error();
    const char* const reason = ERR_SYSTEM_ERROR(code) ? std::strerror(static_cast<int>(ERR_GET_REASON(code)))
                                                      : ERR_reason_error_string(code);
    ERR_clear_error();
    return reason != nullptr ? reason : "OpenSSL gives no reason";
}

}  // namespace baton::tls
