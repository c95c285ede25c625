// What OpenSSL tells while it shakes hands: the traffic secrets of TLS 1.3, and every record that it reads or
// writes, from which the sequence numbers follow.
#include "server/tls/handshake_engine.h"
#include "server/tls/record_header.h"

#include <array>
#include <cstdint>
#include <span>

namespace baton::tls {
namespace {

constexpr std::uint8_t finished = 20;  // handshake message type (RFC 8446 §4)
constexpr std::size_t random_digits = 64;

int digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/// Straight into locked memory, without another copy of the secret.
bool read_hex(std::string_view text, std::span<std::uint8_t> to) {
    if (text.size() % 2 != 0 || text.size() / 2 > to.size()) return false;
    for (std::size_t i = 0; i < text.size() / 2; ++i) {
        const int high = digit(text[2 * i]);
        const int low = digit(text[2 * i + 1]);
        if (high < 0 || low < 0) return false;
        to[i] = static_cast<std::uint8_t>(high * 16 + low);
    }
    return true;
}

/// `LABEL RANDOM SECRET`, as SSLKEYLOGFILE has it. OpenSSL wipes its line afterwards.
void on_secret(const SSL* ssl, const char* line) {
    HandshakeEngine& engine = HandshakeEngine::of(ssl);
    const std::string_view text{line};
    const std::size_t label_end = text.find(' ');
    if (!engine.keys || label_end == std::string_view::npos) return;
    const std::string_view label = text.substr(0, label_end);
    const bool of_client = label == "CLIENT_TRAFFIC_SECRET_0";
    if (!of_client && label != "SERVER_TRAFFIC_SECRET_0") return;
    if (text.size() < label_end + 1 + random_digits + 1) return;
    const bool reading = of_client == (engine.role == Role::server);
    TrafficKeys& keys = reading ? engine.keys->reading : engine.keys->writing;
    read_hex(text.substr(label_end + 1 + random_digits + 1), keys.secret);
}

/// Secrets that matter come behind a Finished. To have the others told as well would cost a tenth of a
/// handshake: OpenSSL prints them digit by digit.
void hear_secrets(SSL* ssl) {
    SSL_CTX_set_keylog_callback(SSL_get_SSL_CTX(ssl), on_secret);
}

/// The sequence is that of the next record: every record counts, and new keys begin at 0. In TLS 1.2 they
/// begin behind a change_cipher_spec, in TLS 1.3 behind Finished; a change_cipher_spec of TLS 1.3 stands
/// before that and changes nothing in the end.
void on_message(int written, int, int type, const void* bytes, std::size_t length, SSL* ssl, void* argument) {
    HandshakeEngine& engine = *static_cast<HandshakeEngine*>(argument);
    if (!engine.keys || length == 0) return;
    TrafficKeys& keys = written != 0 ? engine.keys->writing : engine.keys->reading;
    const std::uint8_t first = *static_cast<const std::uint8_t*>(bytes);
    if (type == SSL3_RT_HEADER) {
        const bool changes_keys = first == static_cast<std::uint8_t>(ContentType::change_cipher_spec);
        keys.sequence = changes_keys ? 0 : keys.sequence + 1;
    } else if (type == SSL3_RT_HANDSHAKE && first == finished && SSL_version(ssl) == TLS1_3_VERSION) {
        keys.sequence = 0;
        hear_secrets(ssl);
    }
}

}  // namespace

void observe(SSL* ssl) {
    SSL_set_msg_callback(ssl, on_message);
    SSL_set_msg_callback_arg(ssl, &HandshakeEngine::of(ssl));
}

void stop_hearing_secrets(SSL* ssl) {
    SSL_CTX_set_keylog_callback(SSL_get_SSL_CTX(ssl), nullptr);
}

}  // namespace baton::tls
