#include "upgrade/hand_over/hand_over_link.h"

#include "server/assert.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace baton::upgrade {
namespace {

constexpr std::size_t most_descriptors = 253;  // SCM_MAX_FD of the kernel

struct Ancillary {
    alignas(cmsghdr) std::array<char, CMSG_SPACE(most_descriptors * sizeof(int))> bytes;
};

void attach(msghdr& packet, Ancillary& ancillary, std::span<const int> descriptors) {
    ASSERT(descriptors.size() <= most_descriptors);
    if (descriptors.empty()) return;
    packet.msg_control = ancillary.bytes.data();
    packet.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
    cmsghdr* const header = CMSG_FIRSTHDR(&packet);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(descriptors.size_bytes());
    std::memcpy(CMSG_DATA(header), descriptors.data(), descriptors.size_bytes());
}

/// Also what came with garbage: it is ours to close.
void take_descriptors(msghdr& packet, std::vector<Fd>& descriptors) {
    for (cmsghdr* header = CMSG_FIRSTHDR(&packet); header != nullptr; header = CMSG_NXTHDR(&packet, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
        const std::size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (std::size_t i = 0; i < count; ++i) {
            int number = -1;
            std::memcpy(&number, CMSG_DATA(header) + i * sizeof number, sizeof number);
            descriptors.emplace_back(number);
        }
    }
}

HandOverLink::Sent sent_of(int error) {
    switch (error) {
        case EAGAIN: return HandOverLink::Sent::later;
        // A process that is not root may have only as many descriptors under way as it may have open.
        case ETOOMANYREFS:
        case ENOBUFS:
        case ENOMEM: return HandOverLink::Sent::no_room;
        default: return HandOverLink::Sent::gone;
    }
}

HandOverLink::Heard heard_of(int error) {
    switch (error) {
        case EAGAIN: return HandOverLink::Heard::nothing;
        case ECONNRESET: return HandOverLink::Heard::left_unread;
        default: return HandOverLink::Heard::gone;
    }
}

}  // namespace

HandOverLink::Sent HandOverLink::send(const HandOverMessage& message, std::span<const int> descriptors) {
    MessageHead head = encode_head(message);
    const std::string_view content = content_of(message);
    // sendmsg does not change the bytes; iovec just cannot say so.
    std::array<iovec, 2> parts{iovec{head.data(), head.size()},
                               iovec{const_cast<char*>(content.data()), content.size()}};
    Ancillary ancillary __attribute__((uninitialized));
    msghdr packet{};
    packet.msg_iov = parts.data();
    packet.msg_iovlen = parts.size();
    attach(packet, ancillary, descriptors);
    ssize_t sent = 0;
    do {
        sent = ::sendmsg(socket_.get(), &packet, MSG_DONTWAIT | MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    return sent >= 0 ? Sent::whole : sent_of(errno);
}

HandOverLink::Heard HandOverLink::receive(MessageHead& head, std::span<char> content, std::size_t& size,
                                          std::vector<Fd>& descriptors) {
    std::array<iovec, 2> parts{iovec{head.data(), head.size()}, iovec{content.data(), content.size()}};
    Ancillary ancillary __attribute__((uninitialized));
    msghdr packet{};
    packet.msg_iov = parts.data();
    packet.msg_iovlen = parts.size();
    packet.msg_control = ancillary.bytes.data();
    packet.msg_controllen = ancillary.bytes.size();
    descriptors.clear();
    size = 0;
    ssize_t length = 0;
    do {
        length = ::recvmsg(socket_.get(), &packet, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    } while (length < 0 && errno == EINTR);
    if (length < 0) return heard_of(errno);
    take_descriptors(packet, descriptors);
    if (length == 0) return Heard::gone;
    if (static_cast<std::size_t>(length) < head.size() || (packet.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0)
        return Heard::garbage;
    size = static_cast<std::size_t>(length) - head.size();
    return Heard::packet;
}

}  // namespace baton::upgrade
