// What OpenSSL tells while it shakes hands: every record that it reads or writes, from which the sequence
// numbers follow.
#include "server/tls/handshake_engine.h"
#include "server/tls/record_header.h"

#include <cstdint>

namespace baton::tls {
namespace {

constexpr std::uint8_t finished = 20;  // handshake message type (RFC 8446 §4)

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
    }
}

}  // namespace

void observe(SSL* ssl) {
    SSL_set_msg_callback(ssl, on_message);
    SSL_set_msg_callback_arg(ssl, &HandshakeEngine::of(ssl));
}

}  // namespace baton::tls
