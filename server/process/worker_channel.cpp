#include "server/process/worker_channel.h"

#include <sys/socket.h>

#include <cerrno>
#include <type_traits>

namespace baton {
namespace {

static_assert(std::is_trivially_copyable_v<WorkerOrder>);

template <class Message>
bool send_message(int channel, const Message& message) {
    return ::send(channel, &message, sizeof message, MSG_NOSIGNAL | MSG_DONTWAIT) ==
           static_cast<ssize_t>(sizeof message);
}

template <class Message>
ChannelState receive_message(int channel, Message& message) {
    const ssize_t length = ::recv(channel, &message, sizeof message, MSG_DONTWAIT);
    if (length == static_cast<ssize_t>(sizeof message)) return ChannelState::message;
    if (length < 0 && (errno == EAGAIN || errno == EINTR)) return ChannelState::nothing_more;
    return ChannelState::hung_up;
}

}  // namespace

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
        return failure(reason_of(errno), Side::internal, errno);
    return WorkerChannelEnds{Fd{ends[0]}, Fd{ends[1]}};
}

bool send_order(int channel, const WorkerOrder& order) {
    return send_message(channel, order);
}

bool send_report(int channel, WorkerReport report) {
    return send_message(channel, report);
}

ChannelState receive_order(int channel, WorkerOrder& order) {
    return receive_message(channel, order);
}

ChannelState receive_report(int channel, WorkerReport& report) {
    return receive_message(channel, report);
}

}  // namespace baton
