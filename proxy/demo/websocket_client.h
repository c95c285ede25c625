/// A client with one WebSocket for the whole demo: says something twice a second and expects exactly that
/// back.
#pragma once

#include "proxy/demo/client.h"
#include "proxy/demo/conversation.h"
#include "proxy/demo/websocket_frames.h"

#include <string>

namespace baton::demo {

class WebSocketClient final : public Client, private ConversationHandler {
public:
    WebSocketClient(const ClientContext& context, std::uint32_t number);

    void start() override;
    void stop() override;
    bool has_ended() const override { return phase_ == Phase::ended; }
    /// The handshake is through and nobody has ended it.
    bool is_alive() const { return phase_ == Phase::quiet || phase_ == Phase::expecting_echo; }

private:
    // handshaking → quiet ⇄ expecting_echo
    //                 └→ closing → ended       any → ended (dropped)
    enum class Phase : std::uint8_t { handshaking, quiet, expecting_echo, closing, ended };

    void on_head(const http::ResponseHead& head) noexcept override;
    void on_bytes(std::string_view bytes) noexcept override;
    void on_complete() noexcept override;
    void on_broken(const std::string& what) noexcept override;
    void on_impatient();

    void say_next();
    void hear(const Frame& frame);
    void hear_echo(const Frame& frame);
    void send(websocket::Opcode opcode, std::string payload);
    void begin_closing();
    void pause();
    void leave(Phase phase);
    void drop(const std::string& what);

    ClientContext context_;
    std::uint32_t number_;
    Conversation conversation_;
    Wakeup pause_ = Wakeup::calling<&WebSocketClient::say_next>(context_.pacer, *this);
    Timer impatience_ = Timer::calling<&WebSocketClient::on_impatient>(context_.loop.timers(), *this);
    Phase phase_ = Phase::handshaking;
    bool stopping_ = false;
    std::string key_;
    std::string said_;      // and not yet heard
    std::string received_;  // not yet a whole frame
    std::uint64_t sequence_ = 0;
};

}  // namespace baton::demo
