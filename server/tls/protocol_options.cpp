#include "server/tls/protocol_options.h"

#include "server/tls/key_schedule_provider.h"
#include "server/tls/openssl_words.h"

namespace baton::tls {
namespace {

// With everything else left out, one record layer carries every connection.
constexpr const char* suites_of_tls_1_3 =
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
constexpr const char* suites_of_tls_1_2 =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
constexpr const char* groups = "X25519:P-256:P-384";
constexpr const char* signatures =
    "ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512:ed25519:"
    "rsa_pss_rsae_sha256:rsa_pss_rsae_sha384:rsa_pss_rsae_sha512:"
    "RSA+SHA256:RSA+SHA384:RSA+SHA512";

bool set_options(SSL_CTX* context, Version least) {
    // Our order, except for a client without AES in hardware, which shows it by naming ChaCha20 first.
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                     SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
    SSL_CTX_clear_options(context, SSL_OP_LEGACY_SERVER_CONNECT);
    SSL_CTX_set_mode(context, SSL_MODE_NO_AUTO_CHAIN);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    return SSL_CTX_set_min_proto_version(context, static_cast<int>(least)) == 1 &&
           SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION) == 1 &&
           SSL_CTX_set_ciphersuites(context, suites_of_tls_1_3) == 1 &&
           SSL_CTX_set_cipher_list(context, suites_of_tls_1_2) == 1 &&
           SSL_CTX_set1_groups_list(context, groups) == 1 &&
           SSL_CTX_set1_sigalgs_list(context, signatures) == 1 && SSL_CTX_set_max_early_data(context, 0) == 1;
}

}  // namespace

tl::expected<ContextPointer, std::string> make_context(const SSL_METHOD* method, Version least) {
    if (!provide_key_schedule())
        return tl::unexpected("OpenSSL does not take our key schedule: " + take_openssl_error());
    ContextPointer context{SSL_CTX_new_ex(nullptr, key_schedule_query, method)};
    if (!context || !set_options(context.get(), least)) return tl::unexpected(take_openssl_error());
    return context;
}

Version version_of(config::TlsVersion version) {
    return version == config::TlsVersion::tls_1_3 ? Version::tls_1_3 : Version::tls_1_2;
}

Version least_version_of(const config::Tls& settings) {
    return settings.profile == config::TlsProfile::modern ? Version::tls_1_3
                                                          : version_of(settings.min_version);
}

}  // namespace baton::tls
