/// The older masters of the lineage that still drain, and what the serving one tells them.
#pragma once

#include "upgrade/control_channel.h"

#include <functional>
#include <memory>
#include <vector>

namespace baton::upgrade {

class Elders final : private ControlChannelHandler {
public:
    /// `on_gone` is called whenever the last of them has ended.
    Elders(EventLoop& loop, std::function<void()> on_gone) : loop_(loop), on_gone_(std::move(on_gone)) {}

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
    std::vector<std::unique_ptr<ControlChannel>> lines_;
};

}  // namespace baton::upgrade
