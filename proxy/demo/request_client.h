/// A client that asks, checks the answer byte by byte, thinks, and asks again.
#pragma once

#include "proxy/demo/client.h"
#include "proxy/demo/content.h"
#include "proxy/demo/conversation.h"

#include <string>

namespace baton::demo {

/// How one client behaves. What it asks follows from `load`: an upload posts a random body, the others get.
struct Habit {
    Load load = Load::keep_alive;  ///< `new_connection` opens one for every request and asks for its end
    Duration shortest_pause{0};
    Duration longest_pause = std::chrono::milliseconds{5};
};

class RequestClient final : public Client, private ConversationHandler {
public:
    RequestClient(const ClientContext& context, const Habit& habit, std::uint32_t number);

    void start() override { take_turn(); }
    void stop() override;
    bool has_ended() const override { return phase_ == Phase::ended; }

private:
    // thinking → asking → thinking → …
    //     └→ ended   └→ ended (once its answer is there)
    enum class Phase : std::uint8_t { thinking, asking, ended };

    void on_head(const http::ResponseHead& head) noexcept override;
    void on_bytes(std::string_view bytes) noexcept override;
    void on_complete() noexcept override;
    void on_broken(const std::string& what) noexcept override;
    void on_impatient();

    void take_turn();
    std::string make_get();
    std::string make_post();
    void succeed();
    void fail(const std::string& what);
    void think();

    ClientContext context_;
    Habit habit_;
    std::uint32_t number_;
    Conversation conversation_;
    Wakeup pause_ = Wakeup::calling<&RequestClient::take_turn>(context_.pacer, *this);
    Timer impatience_ = Timer::calling<&RequestClient::on_impatient>(context_.loop.timers(), *this);
    Phase phase_ = Phase::thinking;
    bool stopping_ = false;

    std::string asked_for_;  // method and target of the present request
    std::uint64_t requests_ = 0;
    std::uint16_t status_ = 0;
    ContentCheck check_;
    std::string expected_answer_;  // of an upload
    std::string answer_;
    TimePoint asked_at_{};
};

}  // namespace baton::demo
