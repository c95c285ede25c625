/// The other side of a TLS connection, played by OpenSSL alone, over memory.
#pragma once

#include "server/tls/cipher_suite.h"
#include "server/tls/openssl_pointers.h"

#include <openssl/bio.h>
#include <openssl/err.h>

#include <array>
#include <string>
#include <string_view>

namespace baton::test {

class OpensslPeer {
public:
    explicit OpensslPeer(tls::Role role)
        : context(SSL_CTX_new(role == tls::Role::client ? TLS_client_method() : TLS_server_method())),
          role_(role) {
        SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
    }
    OpensslPeer(OpensslPeer&&) = default;
    /// As after a clean end: otherwise OpenSSL would not resume the session.
    ~OpensslPeer() {
        if (ssl) SSL_set_shutdown(ssl.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    }

    /// Limits what it speaks to one suite.
    void only(std::uint16_t suite) {
        const tls::CipherSuite* const found = tls::find_suite(suite);
        const int version = static_cast<int>(found->version);
        SSL_CTX_set_min_proto_version(context.get(), version);
        SSL_CTX_set_max_proto_version(context.get(), version);
        if (found->version == tls::Version::tls_1_3)
            SSL_CTX_set_ciphersuites(context.get(), std::string{found->name}.c_str());
        else
            SSL_CTX_set_cipher_list(context.get(), openssl_name(suite));
    }
    static const char* openssl_name(std::uint16_t suite) {
        switch (suite) {
            case 0xc02b: return "ECDHE-ECDSA-AES128-GCM-SHA256";
            case 0xc02c: return "ECDHE-ECDSA-AES256-GCM-SHA384";
            case 0xc02f: return "ECDHE-RSA-AES128-GCM-SHA256";
            case 0xc030: return "ECDHE-RSA-AES256-GCM-SHA384";
            case 0xcca8: return "ECDHE-RSA-CHACHA20-POLY1305";
            case 0xcca9: return "ECDHE-ECDSA-CHACHA20-POLY1305";
            default: return "";
        }
    }

    /// Makes the connection; what is set on `context` later has no effect.
    SSL* start(const std::string& server_name = {}) {
        ssl.reset(SSL_new(context.get()));
        SSL_set_bio(ssl.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
        if (!server_name.empty()) SSL_set_tlsext_host_name(ssl.get(), server_name.c_str());
        if (role_ == tls::Role::client)
            SSL_set_connect_state(ssl.get());
        else
            SSL_set_accept_state(ssl.get());
        return ssl.get();
    }
    /// Goes on with the handshake as far as what has arrived lets it.
    void step() {
        if (failed || established) return;
        ERR_clear_error();
        const int result = SSL_do_handshake(ssl.get());
        established = result == 1;
        failed = result != 1 && SSL_get_error(ssl.get(), result) != SSL_ERROR_WANT_READ;
        if (failed) reason = ERR_GET_REASON(ERR_peek_error());
    }
    /// The alert that made it fail, if it got one.
    int alert() const { return reason > SSL_AD_REASON_OFFSET ? reason - SSL_AD_REASON_OFFSET : 0; }

    void give(std::string_view bytes) {
        BIO_write(SSL_get_rbio(ssl.get()), bytes.data(), static_cast<int>(bytes.size()));
    }
    std::string take() {
        std::string bytes(BIO_ctrl_pending(SSL_get_wbio(ssl.get())), '\0');
        BIO_read(SSL_get_wbio(ssl.get()), bytes.data(), static_cast<int>(bytes.size()));
        return bytes;
    }
    bool write(std::string_view data) {
        return SSL_write(ssl.get(), data.data(), static_cast<int>(data.size())) ==
               static_cast<int>(data.size());
    }
    std::string read() {
        std::string data;
        std::array<char, 16384> piece;
        for (;;) {
            const int got = SSL_read(ssl.get(), piece.data(), piece.size());
            if (got <= 0) return data;
            data.append(piece.data(), static_cast<std::size_t>(got));
        }
    }

    tls::ContextPointer context;
    tls::SslPointer ssl;
    bool established = false;
    bool failed = false;
    int reason = 0;

private:
    tls::Role role_;
};

}  // namespace baton::test
