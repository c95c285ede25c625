#include "tests/unit/server/tls/openssl_connection.h"

#include "server/tls/takeover.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <array>
#include <boost/test/unit_test.hpp>

namespace baton::test {
namespace {

struct Identity {
    tls::PrivateKeyPointer key;
    tls::X509Pointer certificate;
};

Identity make_identity(const char* algorithm) {
    Identity identity;
    identity.key.reset(std::string_view{algorithm} == "RSA" ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256"));
    identity.certificate.reset(X509_new());
    X509* const x509 = identity.certificate.get();
    X509_set_version(x509, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(x509), 1);
    X509_gmtime_adj(X509_getm_notBefore(x509), -3600);
    X509_gmtime_adj(X509_getm_notAfter(x509), 3600);
    X509_set_pubkey(x509, identity.key.get());
    BOOST_REQUIRE(X509_sign(x509, identity.key.get(), EVP_sha256()) > 0);
    return identity;
}

const Identity& rsa_identity() {
    static const Identity identity = make_identity("RSA");
    return identity;
}
const Identity& ecdsa_identity() {
    static const Identity identity = make_identity("EC");
    return identity;
}

/// Of the suite's own kind; TLS 1.3 suites take either.
const Identity& identity_for(const SSL_CIPHER* cipher) {
    return SSL_CIPHER_get_auth_nid(cipher) == NID_auth_rsa ? rsa_identity() : ecdsa_identity();
}

tls::ContextPointer make_context(const tls::CipherSuite& suite, const SSL_METHOD* method) {
    tls::ContextPointer context{SSL_CTX_new(method)};
    const int version = static_cast<int>(suite.version);
    SSL_CTX_set_min_proto_version(context.get(), version);
    SSL_CTX_set_max_proto_version(context.get(), version);
    const unsigned char id[2] = {static_cast<unsigned char>(suite.id >> 8),
                                 static_cast<unsigned char>(suite.id)};
    const tls::SslPointer any{SSL_new(context.get())};
    const SSL_CIPHER* const cipher = SSL_CIPHER_find(any.get(), id);
    BOOST_REQUIRE(cipher != nullptr);
    if (suite.version == Version::tls_1_3)
        BOOST_REQUIRE(SSL_CTX_set_ciphersuites(context.get(), SSL_CIPHER_get_name(cipher)) == 1);
    else
        BOOST_REQUIRE(SSL_CTX_set_cipher_list(context.get(), SSL_CIPHER_get_name(cipher)) == 1);
    const Identity& identity = identity_for(cipher);
    SSL_CTX_use_certificate(context.get(), identity.certificate.get());
    SSL_CTX_use_PrivateKey(context.get(), identity.key.get());
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_NONE, nullptr);
    SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE);
    return context;
}

std::uint8_t digit(char hex) {
    return static_cast<std::uint8_t>(hex <= '9' ? hex - '0' : hex - 'a' + 10);
}

/// `CLIENT_TRAFFIC_SECRET_0 random secret`. The connection's data is the state that is filled in.
void on_secret(const SSL* ssl, const char* text) {
    auto* const state = static_cast<tls::RecordState*>(SSL_get_app_data(ssl));
    const std::string_view line{text};
    const bool of_client = line.starts_with("CLIENT_TRAFFIC_SECRET_0 ");
    if (state == nullptr || (!of_client && !line.starts_with("SERVER_TRAFFIC_SECRET_0 "))) return;
    const std::string_view hex = line.substr(line.rfind(' ') + 1);
    TrafficKeys& keys = of_client == (state->role == Role::client) ? state->writing : state->reading;
    for (std::size_t i = 0; i < hex.size() / 2; ++i)
        keys.secret[i] = static_cast<std::uint8_t>(digit(hex[2 * i]) << 4 | digit(hex[2 * i + 1]));
}

/// Records count from the Finished (TLS 1.3) or the change_cipher_spec (TLS 1.2) of their direction.
void on_message(int written, int, int type, const void* bytes, std::size_t, SSL* ssl, void*) {
    auto* const state = static_cast<tls::RecordState*>(SSL_get_app_data(ssl));
    TrafficKeys& keys = written != 0 ? state->writing : state->reading;
    const auto first = *static_cast<const unsigned char*>(bytes);
    if (type == SSL3_RT_HEADER) keys.sequence = first == SSL3_RT_CHANGE_CIPHER_SPEC ? 0 : keys.sequence + 1;
    if (type == SSL3_RT_HANDSHAKE && first == SSL3_MT_FINISHED && SSL_version(ssl) == TLS1_3_VERSION)
        keys.sequence = 0;
}

/// Takes the first record off the front of `wire`.
std::string take_record(std::string& wire) {
    tls::RecordHeader header{};
    BOOST_REQUIRE(
        (tls::read_header(wire, header) == tls::Framed::complete_header && header.length <= wire.size()));
    std::string record = wire.substr(0, header.length);
    wire.erase(0, header.length);
    return record;
}

}  // namespace

OpensslEnd::OpensslEnd(SSL_CTX* context, Role role) : ssl_(SSL_new(context)) {
    SSL_set_bio(ssl_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    if (role == Role::server)
        SSL_set_accept_state(ssl_.get());
    else
        SSL_set_connect_state(ssl_.get());
}

bool OpensslEnd::shake_hands() {
    ERR_clear_error();
    const int done = SSL_do_handshake(ssl_.get());
    if (done != 1) BOOST_REQUIRE(SSL_get_error(ssl_.get(), done) == SSL_ERROR_WANT_READ);
    return done == 1;
}

void OpensslEnd::hear(std::string_view wire) {
    if (!wire.empty()) BIO_write(SSL_get_rbio(ssl_.get()), wire.data(), static_cast<int>(wire.size()));
}

std::string OpensslEnd::say() {
    char* bytes = nullptr;
    const long length = BIO_get_mem_data(SSL_get_wbio(ssl_.get()), &bytes);
    std::string wire{bytes, static_cast<std::size_t>(length)};
    BIO_reset(SSL_get_wbio(ssl_.get()));
    return wire;
}

OpensslRead OpensslEnd::read() {
    OpensslRead result;
    std::array<char, 20'000> bytes;
    for (;;) {
        ERR_clear_error();
        const int got = SSL_read(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()));
        if (got > 0) {
            result.data.append(bytes.data(), static_cast<std::size_t>(got));
            continue;
        }
        const int error = SSL_get_error(ssl_.get(), got);
        result.closed = error == SSL_ERROR_ZERO_RETURN;
        if (error == SSL_ERROR_SSL) result.error = ERR_GET_REASON(ERR_peek_last_error());
        return result;
    }
}

bool OpensslEnd::write(std::string_view data) {
    while (!data.empty()) {
        ERR_clear_error();
        const int written = SSL_write(ssl_.get(), data.data(), static_cast<int>(data.size()));
        if (written <= 0) return false;
        data.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

void OpensslEnd::end_of_wire() {
    BIO_set_mem_eof_return(SSL_get_rbio(ssl_.get()), 0);
}

TakenOver::TakenOver(std::uint16_t suite, Role ours) : role_(ours) {
    const tls::CipherSuite& known = *tls::find_suite(suite);
    client_context_ = make_context(known, TLS_client_method());
    server_context_ = make_context(known, TLS_server_method());
    SSL_CTX* const our_context = ours == Role::client ? client_context_.get() : server_context_.get();
    SSL_CTX* const their_context = ours == Role::client ? server_context_.get() : client_context_.get();
    SSL_CTX_set_keylog_callback(our_context, on_secret);
    keys_ = world_.workspace->keys.take();
    keys_->suite = suite;
    keys_->role = ours;
    keys_->longest_plaintext = tls::longest_plaintext;

    OpensslEnd end{our_context, ours};
    SSL_set_app_data(end.ssl(), keys_.get());
    SSL_set_msg_callback(end.ssl(), on_message);
    peer_ = std::make_unique<OpensslEnd>(their_context, ours == Role::client ? Role::server : Role::client);
    shake_hands(end);
    us_ = std::make_unique<RecordEnd>(world_, keys_of(end));
}

void TakenOver::shake_hands(OpensslEnd& ours) {
    bool our_end = false, their_end = false;
    std::string from_peer;
    for (int flight = 0; flight < 10 && !(our_end && their_end); ++flight) {
        our_end = ours.shake_hands();
        std::string ours_said = ours.say();
        peer_->hear(ours_said);
        while (!ours_said.empty()) last_written_ = take_record(ours_said);
        their_end = peer_->shake_hands();
        for (from_peer += peer_->say(); !from_peer.empty() && !our_end;) {
            last_read_ = take_record(from_peer);
            ours.hear(last_read_);
            our_end = ours.shake_hands();
        }
        ours_said = ours.say();
        peer_->hear(ours_said);
        while (!ours_said.empty()) last_written_ = take_record(ours_said);
    }
    BOOST_REQUIRE((our_end && their_end));
    // Tickets that a client has not been given yet.
    peer_->read();
    early_ = from_peer + peer_->say();
}

HeldKeys TakenOver::keys_of(const OpensslEnd& ours) {
    const tls::CipherSuite& suite = *tls::find_suite(keys_->suite);
    SSL* const ssl = ours.ssl();
    BOOST_REQUIRE(SSL_CIPHER_get_protocol_id(SSL_get_current_cipher(ssl)) == suite.id);
    if (suite.version == Version::tls_1_3) {
        BOOST_REQUIRE(tls::derive_keys(suite, *keys_));
    } else {
        std::array<std::uint8_t, 48> master;
        std::array<std::uint8_t, 32> client_random, server_random;
        SSL_SESSION_get_master_key(SSL_get_session(ssl), master.data(), master.size());
        SSL_get_client_random(ssl, client_random.data(), client_random.size());
        SSL_get_server_random(ssl, server_random.data(), server_random.size());
        BOOST_REQUIRE(
            tls::derive_keys(suite, tls::MasterSecret{master, client_random, server_random}, *keys_));
        tls::continue_explicit_nonce(suite, last_written_, *keys_);
    }
    BOOST_REQUIRE(tls::self_check(*world_.workspace, suite, *keys_, {last_read_, last_written_}));
    return std::move(keys_);
}

}  // namespace baton::test
