/// The successor's side of a replacement: says HELLO to the predecessor, reports ready, and accepts when told
/// to.
#pragma once

#include "upgrade/control_channel.h"

#include <memory>
#include <optional>

namespace baton::upgrade {

class PredecessorHandler {
public:
    virtual ~PredecessorHandler() = default;
    /// The conversation has begun: get ready.
    virtual void on_hello(const Hello& hello) = 0;
    /// Accept, take pid file and admin socket, then call `report_accepting`. `elders` are the lines to older
    /// masters.
    virtual void on_commit(std::vector<Fd> elders, const Commit& terms) = 0;
    /// The predecessor ended, or told us nothing we understand, before the commit: nobody waits for us.
    virtual void on_predecessor_lost(const std::string& why) = 0;
};

///     awaiting_hello ──HELLO──► getting_ready ──report_ready──► awaiting_commit ──COMMIT──► committed
///     ──report_accepting──► over
///           │                       │                                │
///           └───────────────────────┴──── hang-up, garbage ──────────┴──► over
class Predecessor final : private ControlChannelHandler {
public:
    Predecessor(EventLoop& loop, Fd control, PredecessorHandler& handler);
    ~Predecessor() override;

    /// Says HELLO. Fails with what the loop said.
    Result<void> start(const Hello& own);
    void report_ready(std::uint32_t generation, std::uint32_t workers);
    /// The reason reaches whoever waits for the upgrade; the caller exits with `exit_code`.
    void report_failed(int exit_code, const std::string& reason);
    void report_accepting();

    const Hello& hello() const { return *hello_; }
    /// The line to it, after the commit: it is an older master then. Whoever takes it becomes its handler.
    std::unique_ptr<ControlChannel> take_channel() { return std::move(channel_); }

private:
    enum class Phase : std::uint8_t { awaiting_hello, getting_ready, awaiting_commit, committed, over };

    void on_message(ControlChannel& channel, const ControlMessage& message,
                    std::vector<Fd>& descriptors) override;
    void on_channel_lost(ControlChannel& channel, Reason reason) override;
    void give_up(const std::string& why);

    EventLoop& loop_;
    PredecessorHandler& handler_;
    std::unique_ptr<ControlChannel> channel_;
    Phase phase_ = Phase::awaiting_hello;
    Hello own_;
    std::optional<Hello> hello_;
};

}  // namespace baton::upgrade
