// Whom a client means to reach: the name that it sends, and that the certificate must have.
#include "server/tls/handshake_engine.h"

#include <arpa/inet.h>
#include <openssl/x509v3.h>

namespace baton::tls {
namespace {

bool is_address(const std::string& name) {
    in6_addr any;
    return ::inet_pton(AF_INET, name.c_str(), &any) == 1 || ::inet_pton(AF_INET6, name.c_str(), &any) == 1;
}

}  // namespace

bool expect_server(SSL* ssl, const std::string& name, bool verify) {
    // OpenSSL takes C strings: it would send and verify only what stands before a NUL.
    if (name.find('\0') != std::string::npos) return false;
    // RFC 6066 §3: no literal address is sent.
    if (is_address(name))
        return !verify || X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name.c_str()) == 1;
    if (!name.empty() && SSL_set_tlsext_host_name(ssl, name.c_str()) != 1) return false;
    if (!verify) return true;
    // Without a name nothing could be compared, and every certificate of a trusted CA would do.
    if (name.empty()) return false;
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return SSL_set1_host(ssl, name.c_str()) == 1;
}

}  // namespace baton::tls
