/// The private line between two masters: an anonymous SEQPACKET socket on the loop that never blocks.
#pragma once

#include "server/event/event_loop.h"
#include "upgrade/control_message.h"

#include <deque>
#include <string>
#include <vector>

namespace baton::upgrade {

class ControlChannel;

class ControlChannelHandler {
public:
    virtual ~ControlChannelHandler() = default;
    /// `descriptors` came with the message (CLOEXEC); those that are not taken are closed. With HAND_OVER
    /// there may be fewer than were sent, when this process has no room for more.
    virtual void on_message(ControlChannel& channel, const ControlMessage& message,
                            std::vector<Fd>& descriptors) = 0;
    /// The other side is gone (`closed`), said something that is no message (`bad_message`), or does not read
    /// what it is told (`limit`). The channel is closed. The handler may have it destroyed later, not now.
    virtual void on_channel_lost(ControlChannel& channel, Reason reason) = 0;
};

class ControlChannel final : public Disposable, private WatchHandler {
public:
    /// Two connected ends, CLOEXEC.
    static Result<std::pair<Fd, Fd>> make_pair();

    ControlChannel(EventLoop& loop, Fd socket, ControlChannelHandler& handler);
    Result<void> start();

    /// The most descriptors that one message carries.
    static constexpr std::size_t most_descriptors = 64;

    /// Sends now or, when the other side is slow, later in order. The other side gets the descriptors as
    /// well.
    void send(const ControlMessage& message, std::vector<Fd> descriptors = {});
    /// Hears at once what has already arrived: for a caller that learns otherwise that the other side has
    /// ended.
    void receive_now();
    void set_handler(ControlChannelHandler& handler) { handler_ = &handler; }
    bool is_open() const { return static_cast<bool>(socket_); }
    /// Another descriptor of this end.
    Fd duplicate() const { return socket_.duplicate(); }
    void close();

private:
    static constexpr std::size_t longest_queue = 64;  // messages
    static constexpr int most_messages_a_turn = 16;

    struct Queued {
        std::string bytes;
        std::vector<Fd> descriptors;
    };
    enum class Arrival : std::uint8_t { message, nothing, lost };

    void on_ready() noexcept override;
    Arrival receive_one();
    void send_queued();
    bool send_one(const Queued& queued);
    void lose(Reason reason);

    EventLoop& loop_;
    Fd socket_;
    ControlChannelHandler* handler_;
    Watch watch_;
    std::deque<Queued> queue_;
};

}  // namespace baton::upgrade
