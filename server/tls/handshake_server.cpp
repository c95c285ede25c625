// What a server decides while OpenSSL shakes hands: by the name that the client asks for, which certificates
// it is shown and what is asked of it.
#include "server/tls/handshake_engine.h"
#include "server/tls/server_name.h"

#include <openssl/crypto.h>

#include <array>
#include <cstring>
#include <ctime>
#include <span>

namespace baton::tls {
namespace {

using SessionContext = std::array<unsigned char, SSL_MAX_SID_CTX_LENGTH>;

/// What a session that is to be resumed must have in common with this one: a ticket never crosses certificate
/// sets or rules about clients.
bool bind_sessions(SSL* ssl, const CertificateSet& shown, const HostRule& rule) {
    std::array<std::uint8_t, 32 + 32 + 2> material{};
    std::memcpy(material.data(), shown.identity.data(), shown.identity.size());
    if (rule.authority != nullptr)
        std::memcpy(material.data() + 32, rule.authority->identity.data(), rule.authority->identity.size());
    material[64] = static_cast<std::uint8_t>(rule.client_auth);
    material[65] = static_cast<std::uint8_t>(static_cast<std::uint16_t>(rule.least_version) & 0xff);
    SessionContext context;
    static_assert(context.size() == 32);
    return EVP_Digest(material.data(), material.size(), context.data(), nullptr, EVP_sha256(), nullptr) ==
               1 &&
           SSL_set_session_id_context(ssl, context.data(), context.size()) == 1;
}

bool ask_for_certificate(SSL* ssl, const HostRule& rule) {
    if (rule.client_auth == config::ClientAuthMode::off) return true;
    if (rule.authority == nullptr) return false;  // nobody could be verified: nobody is let in
    const int demand =
        rule.client_auth == config::ClientAuthMode::require ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0;
    SSL_set_verify(ssl, SSL_VERIFY_PEER | demand, nullptr);
    if (SSL_set1_verify_cert_store(ssl, rule.authority->trusted.get()) != 1) return false;
    if (rule.announced) SSL_set_client_CA_list(ssl, SSL_dup_CA_list(rule.announced.get()));
    return true;
}

/// Called with every ClientHello, before anything of it has had an effect, tickets included.
int on_client_hello(SSL* ssl, int* alert, void*) {
    HandshakeEngine& engine = HandshakeEngine::of(ssl);
    const unsigned char* extension = nullptr;
    std::size_t length = 0;
    engine.server_name.clear();
    if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &extension, &length) == 1) {
        auto name = read_server_name({reinterpret_cast<const char*>(extension), length});
        if (!name) {
            *alert = static_cast<int>(name.error());
            engine.refused =
                name.error() == Alert::decode_error ? HandshakeFault::protocol : HandshakeFault::unknown_name;
            return SSL_CLIENT_HELLO_ERROR;
        }
        engine.server_name = std::move(*name);
    }
    const HostRule& rule = engine.policies->rule_for(engine.server_name);
    engine.certificates = engine.policies->certificates;
    engine.shown = certificates_for(rule, engine.server_name, *engine.certificates);
    if (engine.shown == nullptr) {
        *alert = SSL_AD_UNRECOGNIZED_NAME;
        engine.refused = HandshakeFault::unknown_name;
        return SSL_CLIENT_HELLO_ERROR;
    }
    if (SSL_set_min_proto_version(ssl, static_cast<int>(rule.least_version)) != 1 ||
        !bind_sessions(ssl, *engine.shown, rule) || !ask_for_certificate(ssl, rule)) {
        *alert = SSL_AD_INTERNAL_ERROR;
        engine.refused = HandshakeFault::internal;
        return SSL_CLIENT_HELLO_ERROR;
    }
    return SSL_CLIENT_HELLO_SUCCESS;
}

/// Called in full handshakes only: a resumption needs no certificate. OpenSSL chooses among the types of keys
/// by what the client understands.
int on_certificate_due(SSL* ssl, void*) {
    const HandshakeEngine& engine = HandshakeEngine::of(ssl);
    for (const auto& certificate : engine.shown->by_type) {
        if (certificate && SSL_use_cert_and_key(ssl, certificate->leaf.get(), certificate->key.get(),
                                                certificate->chain.get(), 1) != 1)
            return 0;
    }
    return 1;
}

int on_protocols_offered(SSL* ssl, const unsigned char** chosen, unsigned char* chosen_length,
                         const unsigned char* offered, unsigned int length, void*) {
    const std::string& ours = HandshakeEngine::of(ssl).policies->protocols;
    unsigned char* found = nullptr;
    if (SSL_select_next_proto(&found, chosen_length, reinterpret_cast<const unsigned char*>(ours.data()),
                              static_cast<unsigned int>(ours.size()), offered,
                              length) != OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;  // RFC 7301 §3.2: no_application_protocol
    *chosen = found;
    return SSL_TLSEXT_ERR_OK;
}

/// An old answer is worse than none: some clients then refuse the certificate.
bool has_staple(const Certificate& certificate) {
    return !certificate.ocsp_response.empty() &&
           (certificate.ocsp_until == 0 || certificate.ocsp_until > std::time(nullptr));
}

/// The client wants to know whether the certificate was revoked (RFC 6066 §8).
int on_status_request(SSL* ssl, void*) {
    const HandshakeEngine& engine = HandshakeEngine::of(ssl);
    const X509* const chosen = SSL_get_certificate(ssl);
    if (!engine.policies->staples || engine.shown == nullptr) return SSL_TLSEXT_ERR_NOACK;
    for (const auto& certificate : engine.shown->by_type) {
        if (!certificate || certificate->leaf.get() != chosen || !has_staple(*certificate)) continue;
        const std::string& response = certificate->ocsp_response;
        void* const copy = OPENSSL_memdup(response.data(), response.size());  // becomes OpenSSL's
        if (copy == nullptr) return SSL_TLSEXT_ERR_NOACK;
        SSL_set_tlsext_status_ocsp_resp(ssl, copy, static_cast<long>(response.size()));
        return SSL_TLSEXT_ERR_OK;
    }
    return SSL_TLSEXT_ERR_NOACK;
}

/// OpenSSL's numbers: -1 fails the handshake, 0 goes on without the ticket, 2 has it renewed.
int on_ticket(SSL* ssl, unsigned char* key_name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac,
              int sealing) {
    HandshakeEngine& engine = HandshakeEngine::of(ssl);
    engine.wiping.emplace();
    SessionTickets& tickets = *engine.policies->tickets;
    std::array<std::uint8_t, 16> name{};
    TicketVerdict verdict = TicketVerdict::failed;
    if (sealing != 0) {
        verdict = tickets.prepare_to_seal(name, iv, cipher, mac);
        std::memcpy(key_name, name.data(), name.size());
    } else {
        verdict = tickets.prepare_to_open(key_name, iv, cipher, mac);
    }
    switch (verdict) {
        // Without a ticket the client shakes hands in full the next time.
        case TicketVerdict::failed: return 0;
        case TicketVerdict::unknown: return 0;
        case TicketVerdict::good: return 1;
        case TicketVerdict::renew: return 2;
    }
    return -1;
}

}  // namespace

void install_server_callbacks(SSL_CTX* context) {
    SSL_CTX_set_client_hello_cb(context, on_client_hello, nullptr);
    SSL_CTX_set_cert_cb(context, on_certificate_due, nullptr);
    SSL_CTX_set_alpn_select_cb(context, on_protocols_offered, nullptr);
    SSL_CTX_set_tlsext_status_cb(context, on_status_request);
    SSL_CTX_set_tlsext_ticket_key_evp_cb(context, on_ticket);
}

}  // namespace baton::tls
