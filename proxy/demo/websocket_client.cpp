#include "proxy/demo/websocket_client.h"

#include "proxy/websocket/handshake.h"

namespace baton::demo {

using websocket::Opcode;
using websocket::Sender;

namespace {

constexpr std::chrono::milliseconds shortest_pause{400};
constexpr std::chrono::milliseconds longest_pause{600};
constexpr std::uint16_t normal_closure = 1000;  // RFC 6455 §7.4.1

std::string close_payload(std::uint16_t code) {
    return {static_cast<char>(code >> 8), static_cast<char>(code & 0xff)};
}

std::string describe_close(const std::string& payload) {
    if (payload.size() < 2) return "a Close frame without a code";
    const int code = static_cast<unsigned char>(payload[0]) << 8 | static_cast<unsigned char>(payload[1]);
    return "Close " + std::to_string(code) + " " + payload.substr(2);
}

}  // namespace

WebSocketClient::WebSocketClient(const ClientContext& context, std::uint32_t number)
    : context_(context), number_(number), conversation_(context.loop, context.pool, *this) {
    // 16 bytes in base64 (RFC 6455 §4.1): 22 characters of which the last has only two bits, then the
    // padding.
    constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (int i = 0; i < 21; ++i) key_ += alphabet[context_.random() % alphabet.size()];
    key_ += "Q==";
}

void WebSocketClient::start() {
    conversation_.open(context_.target);
    if (!conversation_.is_open()) return;
    impatience_.arm(patience);
    conversation_.ask(http::Method::get,
                      "GET /echo HTTP/1.1\r\nHost: demo\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " +
                          key_ + "\r\n\r\n");
}

void WebSocketClient::stop() {
    stopping_ = true;
    if (phase_ == Phase::quiet) begin_closing();
    if (phase_ == Phase::handshaking) leave(Phase::ended);
}

void WebSocketClient::on_head(const http::ResponseHead& head) noexcept {
    if (head.status != 101)
        return drop("the handshake was answered with status " + std::to_string(head.status));
    const auto accept = websocket::accept_for(key_);
    if (head.fields.first(http::FieldId::sec_websocket_accept) !=
        std::string_view(accept.data(), accept.size())) {
        return drop("the handshake was answered with a wrong Sec-WebSocket-Accept");
    }
    conversation_.become_tunnel();
    Lasting& websockets = context_.statistics.lasting(Load::websocket);
    ++websockets.opened;
    ++websockets.alive;
    // The first message of all clients is spread, or they would speak at once for ever.
    phase_ = Phase::quiet;
    impatience_.disarm();
    pause_.arm(pause_between(context_.random, Duration{0}, longest_pause));
}

void WebSocketClient::say_next() {
    ++sequence_;
    said_ = "client " + std::to_string(number_) + " message " + std::to_string(sequence_);
    phase_ = Phase::expecting_echo;
    impatience_.arm(patience);
    send(Opcode::text, said_);
}

void WebSocketClient::on_bytes(std::string_view bytes) noexcept {
    received_.append(bytes);
    std::string_view left = received_;
    Frame frame;
    while (phase_ != Phase::ended && !left.empty()) {
        const FrameResult read = read_frame(left, Sender::server, frame);
        if (read.status == FrameStatus::bad) return drop("what came is not a WebSocket frame");
        if (read.status == FrameStatus::need_more) break;
        left.remove_prefix(read.size);
        hear(frame);
    }
    received_.erase(0, received_.size() - left.size());
}

void WebSocketClient::hear(const Frame& frame) {
    switch (frame.opcode) {
        case Opcode::text: return hear_echo(frame);
        case Opcode::ping: return send(Opcode::pong, frame.payload);
        case Opcode::pong: return;
        case Opcode::close:
            if (phase_ == Phase::closing) return leave(Phase::ended);
            return drop("it was closed: " + describe_close(frame.payload));
        case Opcode::binary:
        case Opcode::continuation: break;
    }
    drop("a frame came that nobody sent");
}

void WebSocketClient::hear_echo(const Frame& frame) {
    if (phase_ != Phase::expecting_echo)
        return drop("a message came that was heard before: " + frame.payload);
    if (frame.payload != said_ || !frame.final)
        return drop("expected \"" + said_ + "\", got \"" + frame.payload + "\"");
    ++context_.statistics.lasting(Load::websocket).messages;
    pause();
}

void WebSocketClient::pause() {
    phase_ = Phase::quiet;
    impatience_.disarm();
    if (stopping_) return begin_closing();
    pause_.arm(pause_between(context_.random, shortest_pause, longest_pause));
}

void WebSocketClient::begin_closing() {
    phase_ = Phase::closing;
    pause_.disarm();
    impatience_.arm(patience);
    send(Opcode::close, close_payload(normal_closure));
}

void WebSocketClient::send(Opcode opcode, std::string payload) {
    conversation_.write(make_frame(Sender::client, {opcode, true, std::move(payload)},
                                   static_cast<std::uint32_t>(context_.random())));
}

void WebSocketClient::on_complete() noexcept {
    drop("the connection was closed without a Close frame");
}

void WebSocketClient::on_broken(const std::string& what) noexcept {
    drop(what);
}

void WebSocketClient::on_impatient() {
    drop(phase_ == Phase::handshaking ? "no answer to the handshake"
         : phase_ == Phase::closing   ? "the Close frame was not answered"
                                      : "no echo");
}

void WebSocketClient::leave(Phase phase) {
    if (is_alive() || phase_ == Phase::closing) --context_.statistics.lasting(Load::websocket).alive;
    phase_ = phase;
    pause_.disarm();
    impatience_.disarm();
    conversation_.close();
}

void WebSocketClient::drop(const std::string& what) {
    if (phase_ == Phase::ended) return;
    const std::string who = "WebSocket " + std::to_string(number_) + ", message " + std::to_string(sequence_);
    context_.statistics.lasting_dropped(Load::websocket, who, what);
    leave(Phase::ended);
}

}  // namespace baton::demo
