/// One end of the line between two workers: packets, with descriptors beside them, over a SEQPACKET socket
/// that is never waited for.
#pragma once

#include "server/event/fd.h"
#include "upgrade/hand_over/hand_over_message.h"

#include <cstdint>
#include <span>
#include <vector>

namespace baton::upgrade {

class HandOverLink {
public:
    enum class Sent : std::uint8_t {
        whole,
        later,    ///< the other side has not read enough yet
        no_room,  ///< the system lets no more descriptors or bytes be under way; the line is sound
        gone,     ///< the other side is, or the system will not carry this
    };
    enum class Heard : std::uint8_t {
        packet,
        nothing,
        /// The other side has gone and left something unread. Said once, before what is still to be read.
        left_unread,
        gone,  ///< all that it said has been read
        garbage,
    };

    explicit HandOverLink(Fd socket) : socket_(std::move(socket)) {}

    /// Sends one packet of the message, and `descriptors` with it, at most 253.
    Sent send(const HandOverMessage& message, std::span<const int> descriptors = {});
    /// Receives one packet: its head, and what is behind it into `content`, of which `size` bytes are used
    /// then. A packet that is shorter than a head or longer than there is room, or that has lost descriptors
    /// on the way, is garbage. Descriptors are CLOEXEC.
    Heard receive(MessageHead& head, std::span<char> content, std::size_t& size,
                  std::vector<Fd>& descriptors);

    int descriptor() const { return socket_.get(); }
    void close() { socket_.reset(); }

private:
    Fd socket_;
};

}  // namespace baton::upgrade
