/// What a worker does beside serving once its master has died: it waits for another master, and obeys it.
#pragma once

#include "server/process/lifeline.h"
#include "upgrade/control_channel.h"

#include <sys/types.h>

#include <cstdint>
#include <memory>

namespace baton::upgrade {

/// What the worker's master has left to it.
struct OrphanPlan {
    int lineage_socket;   ///< of `upgrade/lineage_socket.h`
    uid_t masters_user;   ///< only this user and root may adopt
    Hello hello;          ///< what the worker says of itself, `generation` and `parcel_kinds` included
    std::uint32_t index;  ///< of the worker in its generation
    bool hands_over;      ///< its configuration lets live connections go
    shared::LineageMemory& memory;
};

///     waiting ──a connection──► greeting ──HELLO──► held          (ESTATE is sent)
///        ▲                          │                 │
///        └───── hang-up, garbage ───┴─────────────────┘
///
/// For its new master a held orphan is an older master with one worker: it understands STOP, REOPEN and
/// INVITE.
class Orphan final : public Lifeline, private WatchHandler, private ControlChannelHandler {
public:
    Orphan(EventLoop& loop, OrphanedWorker& worker, OrphanPlan plan);
    ~Orphan() override;
    bool is_held() const override { return phase_ == Phase::held; }

private:
    enum class Phase : std::uint8_t { waiting, greeting, held };

    void wait();
    void on_ready() noexcept override;
    void on_message(ControlChannel& channel, const ControlMessage& message,
                    std::vector<Fd>& descriptors) override;
    void on_channel_lost(ControlChannel& channel, Reason reason) override;
    void greet(const ControlMessage& message);
    void send_estate();
    void obey(const ControlMessage& message);
    void accept_invitation(const Invite& invite);

    EventLoop& loop_;
    OrphanedWorker& worker_;
    OrphanPlan plan_;
    Phase phase_ = Phase::waiting;
    Watch watch_;
    std::unique_ptr<ControlChannel> line_;
};

}  // namespace baton::upgrade
