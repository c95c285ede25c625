// OpenSSL's error queue in our words.
#include "server/tls/handshake_engine.h"

#include <openssl/err.h>
#include <openssl/sslerr.h>
#include <openssl/x509_vfy.h>

#include <array>

namespace baton::tls {
namespace {

/// OpenSSL's reason for an alert that the peer has sent.
constexpr int alert_reason(int alert) {
    return SSL_AD_REASON_OFFSET + alert;
}

HandshakeFault fault_of(int reason) {
    switch (reason) {
        case SSL_R_UNSUPPORTED_PROTOCOL:
        case SSL_R_VERSION_TOO_LOW:
        case SSL_R_VERSION_TOO_HIGH:
        case SSL_R_WRONG_VERSION_NUMBER:
        case SSL_R_WRONG_SSL_VERSION:
        case SSL_R_NO_PROTOCOLS_AVAILABLE:
        case SSL_R_INAPPROPRIATE_FALLBACK:
        case alert_reason(SSL_AD_PROTOCOL_VERSION):
        case alert_reason(SSL_AD_INAPPROPRIATE_FALLBACK): return HandshakeFault::version;
        case SSL_R_NO_SHARED_CIPHER:
        case SSL_R_NO_SHARED_GROUPS:
        case SSL_R_NO_SUITABLE_GROUPS:
        case SSL_R_NO_SUITABLE_KEY_SHARE:
        case SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM:
        case SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS:
        case SSL_R_NO_CIPHERS_SPECIFIED:
        case SSL_R_NO_CIPHERS_AVAILABLE:
        case alert_reason(SSL_AD_HANDSHAKE_FAILURE):
        case alert_reason(SSL_AD_INSUFFICIENT_SECURITY): return HandshakeFault::cipher;
        case alert_reason(SSL_AD_UNRECOGNIZED_NAME): return HandshakeFault::unknown_name;
        case SSL_R_CERTIFICATE_VERIFY_FAILED:
        case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
        case SSL_R_NO_CERTIFICATE_ASSIGNED:
        case SSL_R_EE_KEY_TOO_SMALL:
        case SSL_R_CA_KEY_TOO_SMALL:
        case SSL_R_CA_MD_TOO_WEAK:
        case alert_reason(SSL_AD_BAD_CERTIFICATE):
        case alert_reason(SSL_AD_UNSUPPORTED_CERTIFICATE):
        case alert_reason(SSL_AD_CERTIFICATE_REVOKED):
        case alert_reason(SSL_AD_CERTIFICATE_EXPIRED):
        case alert_reason(SSL_AD_CERTIFICATE_UNKNOWN):
        case alert_reason(SSL_AD_UNKNOWN_CA):
        case alert_reason(SSL_AD_CERTIFICATE_REQUIRED):
        case alert_reason(SSL_AD_BAD_CERTIFICATE_STATUS_RESPONSE): return HandshakeFault::certificate;
        case ERR_R_MALLOC_FAILURE:
        case ERR_R_INTERNAL_ERROR: return HandshakeFault::internal;
        default: return HandshakeFault::protocol;
    }
}

}  // namespace

HandshakeFailure classify_error(const SSL* ssl, int ssl_error) {
    // The first error is the cause, what follows are consequences.
    const unsigned long error = ERR_get_error();
    ERR_clear_error();
    if (ssl_error == SSL_ERROR_ZERO_RETURN) return {HandshakeFault::closed, "close_notify"};
    if (error == 0) return {HandshakeFault::internal, {}};
    const int reason = ERR_GET_REASON(error);
    if (const long verdict = SSL_get_verify_result(ssl);
        reason == SSL_R_CERTIFICATE_VERIFY_FAILED && verdict != X509_V_OK)
        return {HandshakeFault::certificate, X509_verify_cert_error_string(verdict)};
    const char* const words = ERR_reason_error_string(error);
    return {fault_of(reason), words != nullptr ? words : ""};
}

}  // namespace baton::tls
