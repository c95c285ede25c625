/// What a worker does beside serving once its master has died: it waits for another master, and obeys it.
#pragma once

#include "server/process/lifeline.h"
#include "upgrade/foundling.h"

#include <memory>

namespace baton::upgrade {

/// For its new master a held orphan is an older master with one worker: it understands STOP, REOPEN and
/// INVITE.
class Orphan final : public Lifeline, private FoundlingHandler, private ControlChannelHandler {
public:
    /// `hands_over`: the worker's configuration lets live connections go.
    Orphan(EventLoop& loop, OrphanedWorker& worker, const Foundling::Facts& facts, bool hands_over);
    ~Orphan() override;
    bool is_held() const override { return line_ != nullptr; }

private:
    std::span<const ListeningSocket> listeners_to_leave() const override { return worker_.listeners(); }
    void on_adopted(std::unique_ptr<ControlChannel> line) override;
    void on_message(ControlChannel& channel, const ControlMessage& message,
                    std::vector<Fd>& descriptors) override;
    void on_channel_lost(ControlChannel& channel, Reason reason) override;
    void accept_invitation(const Invite& invite);

    EventLoop& loop_;
    OrphanedWorker& worker_;
    Hello hello_;
    bool hands_over_;
    Foundling foundling_;
    std::unique_ptr<ControlChannel> line_;  // to the new master
};

}  // namespace baton::upgrade
