#include "server/tls/handshake.h"

#include "server/tls/client_certificate.h"
#include "server/tls/client_rules.h"
#include "server/tls/handshake_engine.h"
#include "server/tls/key_schedule_provider.h"
#include "server/tls/record_header.h"
#include "server/tls/takeover.h"

#include <openssl/crypto.h>
#include <openssl/err.h>

#include <algorithm>
#include <array>
#include <utility>

namespace baton::tls {
namespace {

constexpr std::string_view http_answer =
    "HTTP/1.1 400 Bad Request\r\n"
    "Content-Type: text/plain; charset=utf-8\r\n"
    "Content-Length: 49\r\n"
    "Connection: close\r\n"
    "\r\n"
    "This port speaks HTTPS. Ask again with https://.\n";

/// A method and a space, as far as it is there.
bool looks_like_http(std::string_view bytes) {
    constexpr std::size_t longest_method = 7;
    const std::string_view word = bytes.substr(0, std::min(bytes.find(' '), longest_method + 1));
    return !word.empty() && word.size() <= longest_method &&
           std::ranges::all_of(word, [](char c) { return c >= 'A' && c <= 'Z'; });
}

/// An alert before any key is agreed on.
void append_plain_alert(ByteQueue& output, Alert alert) {
    const std::array<char, 7> record{
        static_cast<char>(ContentType::alert), 3, 3, 0, 2, 2, static_cast<char>(alert)};
    output.append({record.data(), record.size()});
}

std::uint16_t longest_plaintext_of(const SSL* ssl) {
    const std::uint8_t code = SSL_SESSION_get_max_fragment_length(SSL_get0_session(ssl));
    if (code == TLSEXT_max_fragment_length_DISABLED) return longest_plaintext;
    return static_cast<std::uint16_t>(256u << code);  // RFC 6066 §4: 1 is 2^9
}

int shake_hands(HandshakeEngine& engine) {
    const HearSecrets hearing{*engine.keys};
    return SSL_do_handshake(engine.ssl.get());
}

bool take_over_tls_1_2(const SSL* ssl, const CipherSuite& suite, RecordState& state) {
    std::array<std::uint8_t, SSL_MAX_MASTER_KEY_LENGTH> secret;
    std::array<std::uint8_t, SSL3_RANDOM_SIZE> client_random;
    std::array<std::uint8_t, SSL3_RANDOM_SIZE> server_random;
    const std::size_t length =
        SSL_SESSION_get_master_key(SSL_get0_session(ssl), secret.data(), secret.size());
    SSL_get_client_random(ssl, client_random.data(), client_random.size());
    SSL_get_server_random(ssl, server_random.data(), server_random.size());
    const bool good = derive_keys(suite, {{secret.data(), length}, client_random, server_random}, state);
    OPENSSL_cleanse(secret.data(), secret.size());
    return good;
}

}  // namespace

HandshakeEngine::~HandshakeEngine() {
    const WipeFreedMemory wipe;
    ssl.reset();
}

bool HandshakeEngine::start(SSL_CTX* context) {
    keys = workspace.keys.take();
    ssl.reset(SSL_new(context));
    BIO* const ground = make_record_bio(*this);
    if (!ssl || !keys || ground == nullptr) {
        BIO_free(ground);
        return false;
    }
    keys->role = role;
    SSL_set_bio(ssl.get(), ground, ground);
    SSL_set_app_data(ssl.get(), this);
    observe(ssl.get());
    return true;
}

Handshake::Handshake(std::unique_ptr<HandshakeEngine> engine) : engine_(std::move(engine)) {}

Handshake::~Handshake() = default;

std::unique_ptr<Handshake> Handshake::accept(Workspace& workspace, ServerContext& context) {
    auto engine = std::make_unique<HandshakeEngine>(workspace, Role::server);
    engine->policies = context.policies_.get();
    if (!engine->start(context.policies_->context.get())) return nullptr;
    SSL_set_accept_state(engine->ssl.get());
    return std::unique_ptr<Handshake>(new Handshake(std::move(engine)));
}

std::unique_ptr<Handshake> Handshake::connect(Workspace& workspace, ClientContext& context,
                                              std::string_view server_name) {
    auto engine = std::make_unique<HandshakeEngine>(workspace, Role::client);
    if (!engine->start(context.rules_->context.get())) return nullptr;
    engine->server_name = server_name;
    if (!expect_server(engine->ssl.get(), engine->server_name, context.rules_->verify)) return nullptr;
    SSL_set_connect_state(engine->ssl.get());
    return std::unique_ptr<Handshake>(new Handshake(std::move(engine)));
}

Handshake::Progress Handshake::begin(ByteQueue& output) {
    return advance({}, output);
}

bool Handshake::is_expensive(std::string_view input) {
    RecordHeader header{};
    return read_header(input, header) == Framed::complete_header && input.size() >= header.length &&
           header.type == static_cast<std::uint8_t>(ContentType::handshake);
}

Handshake::Progress Handshake::feed(std::string_view input, ByteQueue& output) {
    if (input.empty()) return {Status::need_more};
    RecordHeader header{};
    const Framed framed = read_header(input, header);
    switch (framed) {
        case Framed::need_more: return {Status::need_more};
        case Framed::complete_header: break;
        case Framed::not_tls:
            return anything_fed_ ? refuse_record(framed, header, output) : refuse_first_bytes(input, output);
        case Framed::too_long: return refuse_record(framed, header, output);
    }
    if (input.size() < header.length) return {Status::need_more};
    return advance(input.substr(0, header.length), output);
}

// Nothing of TLS has been spoken yet: whoever speaks HTTP is answered in HTTP.
Handshake::Progress Handshake::refuse_first_bytes(std::string_view input, ByteQueue& output) {
    constexpr char high_bit_of_sslv2 = '\x80';
    if (engine_->role == Role::server && looks_like_http(input)) {
        output.append(http_answer);
        return fail(HandshakeFault::not_tls, "HTTP request");
    }
    if ((input.front() & high_bit_of_sslv2) != 0) {
        append_plain_alert(output, Alert::protocol_version);
        return fail(HandshakeFault::version, "SSLv2 or no TLS");
    }
    append_plain_alert(output, Alert::unexpected_message);
    return fail(HandshakeFault::not_tls, "no TLS record");
}

// A header that cannot stand. Keys may be in use, so that OpenSSL has to say the alert. For some headers it
// would wait for the record's body: it is lent something in their place that it refuses in every state.
Handshake::Progress Handshake::refuse_record(Framed why, const RecordHeader& header, ByteQueue& output) {
    constexpr std::string_view of_no_known_type{"\0\3\3\0\1\0", 6};
    const std::array<char, record_header_length> too_long{static_cast<char>(header.type), 3, 3, '\xff',
                                                          '\xff'};
    if (why == Framed::not_tls)
        advance(of_no_known_type, output);
    else if (anything_fed_)
        advance({too_long.data(), too_long.size()}, output);
    else
        append_plain_alert(output, Alert::record_overflow);
    return fail(HandshakeFault::protocol, "record header");
}

Handshake::Progress Handshake::advance(std::string_view record, ByteQueue& output) {
    if (!record.empty()) anything_fed_ = true;
    engine_->lent = record;
    engine_->output = &output;
    ERR_clear_error();
    const int result = shake_hands(*engine_);
    const int error = SSL_get_error(engine_->ssl.get(), result);
    const bool all_read = engine_->lent.empty();
    engine_->lent = {};
    engine_->output = nullptr;
    engine_->wiping.reset();
    if (result == 1 && all_read) return finish(record);
    if (error == SSL_ERROR_WANT_READ && all_read) return {Status::need_more, record.size()};
    const HandshakeFailure why = classify_error(engine_->ssl.get(), error);
    return fail(engine_->refused.value_or(why.fault), why.detail);
}

Handshake::Progress Handshake::finish(std::string_view last_read) {
    SSL* const ssl = engine_->ssl.get();
    if (SSL_has_pending(ssl) == 1) return fail(HandshakeFault::protocol, "data behind Finished");
    const CipherSuite* const suite = find_suite(SSL_CIPHER_get_protocol_id(SSL_get_current_cipher(ssl)));
    const bool is_tls_1_3 = SSL_version(ssl) == TLS1_3_VERSION;
    if (suite == nullptr || is_tls_1_3 != (suite->version == Version::tls_1_3))
        return fail(HandshakeFault::self_check, "unknown suite");

    RecordState& state = *engine_->keys;
    state.suite = suite->id;
    state.longest_plaintext = longest_plaintext_of(ssl);
    if (is_tls_1_3 && !has_secrets(state)) return fail(HandshakeFault::self_check, "no traffic secrets");
    const bool derived = is_tls_1_3 ? derive_keys(*suite, state) : take_over_tls_1_2(ssl, *suite, state);
    if (!derived) return fail(HandshakeFault::internal, "key derivation");
    const LastRecords last{last_read, engine_->last_written.get()};
    continue_explicit_nonce(*suite, last.written, state);
    if (!self_check(engine_->workspace, *suite, state, last)) return fail(HandshakeFault::self_check, {});

    TlsInfo& info = established_.info;
    info.version = suite->version;
    info.suite = suite->id;
    info.resumed = SSL_session_reused(ssl) == 1;
    info.server_name = std::move(engine_->server_name);
    if (engine_->role == Role::server) info.client = describe_certificate(SSL_get0_peer_certificate(ssl));
    established_.keys = std::move(engine_->keys);
    // Otherwise OpenSSL takes the session for one that was cut off, and forgets it.
    SSL_set_shutdown(ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    engine_.reset();
    return {Status::done, last_read.size()};
}

Handshake::Progress Handshake::fail(HandshakeFault fault, std::string detail) {
    failure_ = HandshakeFailure{fault, std::move(detail)};
    engine_.reset();
    return {Status::failed};
}

Handshake::Established Handshake::take_established() && {
    return std::move(established_);
}

}  // namespace baton::tls
