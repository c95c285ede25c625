#include "server/escrow/escrow_channel.h"

#include "server/assert.h"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <type_traits>

namespace baton::escrow {
namespace {

static_assert(std::is_trivially_copyable_v<Notice>);

struct Ancillary {
    static constexpr std::size_t most = Notice::most_places * sockets_of_connection;
    alignas(cmsghdr) std::array<char, CMSG_SPACE(most * sizeof(int))> bytes;
};

}  // namespace

Result<EscrowChannel> make_escrow_channel() {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0)
        return system_failure();
    return EscrowChannel{Fd{ends[0]}, Fd{ends[1]}};
}

Told tell(int channel, const Notice& notice, std::span<const int> sockets) {
    ASSERT(sockets.size() <= Ancillary::most);
    // sendmsg does not change the bytes; iovec just cannot say so.
    iovec bytes{const_cast<Notice*>(&notice), sizeof notice};
    Ancillary ancillary __attribute__((uninitialized));
    msghdr message{};
    message.msg_iov = &bytes;
    message.msg_iovlen = 1;
    if (!sockets.empty()) {
        message.msg_control = ancillary.bytes.data();
        message.msg_controllen = CMSG_SPACE(sockets.size_bytes());
        cmsghdr* const header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sockets.size_bytes());
        std::memcpy(CMSG_DATA(header), sockets.data(), sockets.size_bytes());
    }
    ssize_t sent = 0;
    do {
        sent = ::sendmsg(channel, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    } while (sent < 0 && errno == EINTR);
    if (sent >= 0) return Told::whole;
    const bool short_of_room =
        errno == EAGAIN || errno == ETOOMANYREFS || errno == ENOBUFS || errno == ENOMEM;
    return short_of_room ? Told::later : Told::gone;
}

HeardNotice hear(int channel, Notice& notice, std::vector<Fd>& sockets) {
    iovec bytes{&notice, sizeof notice};
    Ancillary ancillary __attribute__((uninitialized));
    msghdr message{};
    message.msg_iov = &bytes;
    message.msg_iovlen = 1;
    message.msg_control = ancillary.bytes.data();
    message.msg_controllen = ancillary.bytes.size();
    sockets.clear();
    ssize_t length = 0;
    do {
        length = ::recvmsg(channel, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    } while (length < 0 && errno == EINTR);
    if (length < 0) return errno == EAGAIN ? HeardNotice::nothing : HeardNotice::gone;
    for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr;
         header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
        const std::size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (std::size_t i = 0; i < count; ++i) {
            int number = -1;
            std::memcpy(&number, CMSG_DATA(header) + i * sizeof number, sizeof number);
            sockets.emplace_back(number);
        }
    }
    if (length != sizeof notice || notice.count > Notice::most_places) return HeardNotice::gone;
    return HeardNotice::notice;
}

}  // namespace baton::escrow
