/// A process of the lineage whose commander has died: it waits at the lineage's socket for a master that
/// adopts it, and tells that one what is left.
#pragma once

#include "server/net/listener.h"
#include "server/shared/lineage_memory.h"
#include "upgrade/control_channel.h"

#include <sys/types.h>

#include <memory>
#include <span>

namespace baton::upgrade {

class FoundlingHandler {
public:
    virtual ~FoundlingHandler() = default;
    /// Those that this process accepts from.
    virtual std::span<const ListeningSocket> listeners_to_leave() const = 0;
    /// Orders come over `line` from now on. Once it is lost, `wait` again.
    virtual void on_adopted(std::unique_ptr<ControlChannel> line) = 0;
};

///     alone ──wait──► waiting ──a connection──► greeting ──HELLO──► alone          (ESTATE is sent)
///                        ▲                          │
///                        └───── hang-up, garbage ───┘
class Foundling final : private WatchHandler, private ControlChannelHandler {
public:
    struct Facts {
        int lineage_socket;  ///< of `upgrade/lineage_socket.h`
        uid_t masters_user;  ///< only this user and root may adopt
        Hello hello;         ///< what the process says of itself, its generation included
        shared::LineageMemory& memory;
    };

    Foundling(EventLoop& loop, Facts facts, FoundlingHandler& handler);
    ~Foundling() override;
    void wait();

private:
    enum class Phase : std::uint8_t { alone, waiting, greeting };

    void on_ready() noexcept override;
    void on_message(ControlChannel& channel, const ControlMessage& message,
                    std::vector<Fd>& descriptors) override;
    void on_channel_lost(ControlChannel& channel, Reason reason) override;
    void send_estate(ControlChannel& line);

    EventLoop& loop_;
    Facts facts_;
    FoundlingHandler& handler_;
    Phase phase_ = Phase::alone;
    Watch watch_;
    std::unique_ptr<ControlChannel> line_;  // while greeting
};

}  // namespace baton::upgrade
