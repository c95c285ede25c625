#include "server/process/worker_channel.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <type_traits>

namespace baton {
namespace {

static_assert(std::is_trivially_copyable_v<WorkerOrder>);

ChannelState state_of(ssize_t received, std::size_t expected) {
    if (received == static_cast<ssize_t>(expected)) return ChannelState::message;
    if (received < 0 && (errno == EAGAIN || errno == EINTR)) return ChannelState::nothing_more;
    return ChannelState::hung_up;
}

}  // namespace

WorkerOrder WorkerOrder::accept(AcceptShare share) {
    WorkerOrder order{Kind::accept};
    order.share = share;
    return order;
}

WorkerOrder WorkerOrder::drain(const DrainOrder& order) {
    return {Kind::drain, order.deadline.time_since_epoch().count(), order.close_spread.count(),
            order.idle_grace_until.time_since_epoch().count()};
}

DrainOrder WorkerOrder::drain_order() const {
    return {TimePoint{Duration{deadline}}, Duration{close_spread}, TimePoint{Duration{idle_grace_until}}};
}

Result<WorkerChannelEnds> make_worker_channel() {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0)
        return system_failure();
    return WorkerChannelEnds{Fd{ends[0]}, Fd{ends[1]}};
}

bool send_order(int channel, const WorkerOrder& order, int descriptor) {
    // sendmsg does not change the bytes; iovec just cannot say so.
    iovec bytes{const_cast<WorkerOrder*>(&order), sizeof order};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof descriptor)> ancillary{};
    msghdr message{};
    message.msg_iov = &bytes;
    message.msg_iovlen = 1;
    if (descriptor >= 0) {
        message.msg_control = ancillary.data();
        message.msg_controllen = ancillary.size();
        cmsghdr* const header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof descriptor);
        std::memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
    }
    return ::sendmsg(channel, &message, MSG_NOSIGNAL | MSG_DONTWAIT) == static_cast<ssize_t>(sizeof order);
}

bool send_report(int channel, WorkerReport report) {
    return ::send(channel, &report, sizeof report, MSG_NOSIGNAL | MSG_DONTWAIT) ==
           static_cast<ssize_t>(sizeof report);
}

ChannelState receive_order(int channel, WorkerOrder& order, Fd& descriptor) {
    iovec bytes{&order, sizeof order};
    int number = -1;
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof number)> ancillary{};
    msghdr message{};
    message.msg_iov = &bytes;
    message.msg_iovlen = 1;
    message.msg_control = ancillary.data();
    message.msg_controllen = ancillary.size();
    const ssize_t length = ::recvmsg(channel, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    const ChannelState state = state_of(length, sizeof order);
    descriptor.reset();
    if (length < 0) return state;
    const cmsghdr* const header = CMSG_FIRSTHDR(&message);
    if (header != nullptr && header->cmsg_type == SCM_RIGHTS && header->cmsg_len == CMSG_LEN(sizeof number)) {
        std::memcpy(&number, CMSG_DATA(header), sizeof number);
        descriptor = Fd{number};
    }
    return state;
}

ChannelState receive_report(int channel, WorkerReport& report) {
    return state_of(::recv(channel, &report, sizeof report, MSG_DONTWAIT), sizeof report);
}

}  // namespace baton
