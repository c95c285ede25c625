/// The older masters of the lineage that still drain, and what the serving one tells them.
#pragma once

#include "upgrade/control_channel.h"

#include <functional>
#include <memory>
#include <vector>

namespace baton::upgrade {

class Elders final : private ControlChannelHandler {
public:
    using TakeOver = std::function<void(const HandOver& message, std::vector<Fd> links)>;
    /// What the master that one is on trial for says to it: SHARE, TRIAL_OVER, RETURN. And what one was
    /// ordered and passes on that does not know yet that it has been taken back: STOP, REOPEN.
    using OnWord =
        std::function<void(ControlChannel& line, const ControlMessage& word, std::vector<Fd> links)>;

    /// `on_gone` is called whenever the last of them has ended, `on_hand_over` with the links to the workers
    /// of one of them.
    Elders(EventLoop& loop, std::function<void()> on_gone, TakeOver on_hand_over, OnWord on_word)
        : loop_(loop),
          on_gone_(std::move(on_gone)),
          on_hand_over_(std::move(on_hand_over)),
          on_word_(std::move(on_word)) {}

    void add(Fd line);
    void add(std::unique_ptr<ControlChannel> line);
    /// Tells all of them. Whom it does not concern (the generation is not its own) takes no notice.
    void tell(const ControlMessage& message);
    /// Copies of the lines, for a successor.
    std::vector<Fd> copies() const;
    /// Somebody else commands them from now on.
    void let_go();
    bool empty() const { return lines_.empty(); }
    /// The line, which belongs to somebody else from now on; null when it is none of these.
    std::unique_ptr<ControlChannel> release(ControlChannel& line);
    bool has(const ControlChannel* line) const;

private:
    void on_message(ControlChannel& channel, const ControlMessage& message,
                    std::vector<Fd>& descriptors) override;
    void on_channel_lost(ControlChannel& channel, Reason reason) override;

    EventLoop& loop_;
    std::function<void()> on_gone_;
    TakeOver on_hand_over_;
    OnWord on_word_;
    std::vector<std::unique_ptr<ControlChannel>> lines_;
};

}  // namespace baton::upgrade
