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

    /// `on_gone` is called whenever the last of them has ended, `on_hand_over` with the links to the workers
    /// of one of them.
    Elders(EventLoop& loop, std::function<void()> on_gone, TakeOver on_hand_over)
        : loop_(loop), on_gone_(std::move(on_gone)), on_hand_over_(std::move(on_hand_over)) {}

    void add(Fd line);
    void add(std::unique_ptr<ControlChannel> line);
    /// Tells all of them. Whom it does not concern (the generation is not its own) takes no notice.
    void tell(const ControlMessage& message);
    /// Copies of the lines, for a successor.
    std::vector<Fd> copies() const;
    /// Somebody else commands them from now on.
    void let_go();
    bool empty() const { return lines_.empty(); }

private:
    void on_message(ControlChannel& channel, const ControlMessage& message,
                    std::vector<Fd>& descriptors) override;
    void on_channel_lost(ControlChannel& channel, Reason reason) override;

    EventLoop& loop_;
    std::function<void()> on_gone_;
    TakeOver on_hand_over_;
    std::vector<std::unique_ptr<ControlChannel>> lines_;
};

}  // namespace baton::upgrade
