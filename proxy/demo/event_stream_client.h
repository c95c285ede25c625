/// A client with one event stream for the whole demo: the events are numbered, and it misses none and gets
/// none twice.
#pragma once

#include "proxy/demo/client.h"
#include "proxy/demo/conversation.h"

#include <string>

namespace baton::demo {

class EventStreamClient final : public Client, private ConversationHandler {
public:
    EventStreamClient(const ClientContext& context, std::uint32_t number);

    void start() override;
    void stop() override;
    bool has_ended() const override { return phase_ == Phase::ended; }
    bool is_alive() const { return phase_ == Phase::listening; }

private:
    // asking → listening → ended       any → ended (dropped)
    enum class Phase : std::uint8_t { asking, listening, ended };

    void on_head(const http::ResponseHead& head) noexcept override;
    void on_bytes(std::string_view bytes) noexcept override;
    void on_complete() noexcept override;
    void on_broken(const std::string& what) noexcept override;
    void on_impatient();
    void hear(std::string_view event);
    void leave();
    void drop(const std::string& what);

    ClientContext context_;
    std::uint32_t number_;
    Conversation conversation_;
    Timer impatience_ = Timer::calling<&EventStreamClient::on_impatient>(context_.loop.timers(), *this);
    Phase phase_ = Phase::asking;
    std::string received_;  // not yet a whole event
    std::uint64_t last_event_ = 0;
};

}  // namespace baton::demo
