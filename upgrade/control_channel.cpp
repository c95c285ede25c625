#include "upgrade/control_channel.h"

#include "server/assert.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace baton::upgrade {
namespace {

std::vector<Fd> take_descriptors(msghdr& received) {
    std::vector<Fd> descriptors;
    for (cmsghdr* header = CMSG_FIRSTHDR(&received); header != nullptr;
         header = CMSG_NXTHDR(&received, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
        const std::size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (std::size_t i = 0; i < count; ++i) {
            int number = -1;
            std::memcpy(&number, CMSG_DATA(header) + i * sizeof number, sizeof number);
            descriptors.emplace_back(number);
        }
    }
    return descriptors;
}

}  // namespace

Result<std::pair<Fd, Fd>> ControlChannel::make_pair() {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0)
        return system_failure();
    return std::pair{Fd{ends[0]}, Fd{ends[1]}};
}

ControlChannel::ControlChannel(EventLoop& loop, Fd socket, ControlChannelHandler& handler)
    : loop_(loop), socket_(std::move(socket)), handler_(&handler) {}

Result<void> ControlChannel::start() {
    return watch_.start(loop_, socket_.get(), *this, Trigger::edge);
}

void ControlChannel::send(const ControlMessage& message, std::vector<Fd> descriptors) {
    if (!is_open()) return;
    ASSERT(descriptors.size() <= most_descriptors);
    if (queue_.size() >= longest_queue) return lose(Reason::limit);
    queue_.push_back({encode(message), std::move(descriptors)});
    send_queued();
}

void ControlChannel::send_queued() {
    while (is_open() && !queue_.empty()) {
        // A socket that is gone is noticed by reading it, after what it said last.
        if (!send_one(queue_.front())) return watch_.clear_writable();
        queue_.pop_front();
    }
}

bool ControlChannel::send_one(const Queued& queued) {
    // sendmsg does not change the bytes; iovec just cannot say so.
    iovec bytes{const_cast<char*>(queued.bytes.data()), queued.bytes.size()};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(most_descriptors * sizeof(int))> ancillary{};
    msghdr message{};
    message.msg_iov = &bytes;
    message.msg_iovlen = 1;
    if (!queued.descriptors.empty()) {
        const std::size_t size = queued.descriptors.size() * sizeof(int);
        message.msg_control = ancillary.data();
        message.msg_controllen = CMSG_SPACE(size);
        cmsghdr* const header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(size);
        auto* at = CMSG_DATA(header);
        for (const Fd& descriptor : queued.descriptors) {
            const int number = descriptor.get();
            std::memcpy(at, &number, sizeof number);
            at += sizeof number;
        }
    }
    ssize_t sent = 0;
    do {
        sent = ::sendmsg(socket_.get(), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    return sent >= 0;
}

void ControlChannel::receive_now() {
    while (is_open() && receive_one() == Arrival::message) {
    }
}

void ControlChannel::on_ready() noexcept {
    if (watch_.writable()) send_queued();
    for (int count = 0; is_open() && watch_.readable(); ++count) {
        if (count == most_messages_a_turn) return watch_.call_again();
        if (receive_one() != Arrival::message) return;
    }
}

ControlChannel::Arrival ControlChannel::receive_one() {
    std::array<std::byte, longest_control_message> buffer;
    alignas(cmsghdr) std::array<char, CMSG_SPACE(most_descriptors * sizeof(int))> ancillary;
    iovec bytes{buffer.data(), buffer.size()};
    msghdr received{};
    received.msg_iov = &bytes;
    received.msg_iovlen = 1;
    received.msg_control = ancillary.data();
    received.msg_controllen = ancillary.size();
    const ssize_t length = ::recvmsg(socket_.get(), &received, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (length < 0 && errno == EINTR) return Arrival::message;
    if (length < 0 && errno == EAGAIN) {
        watch_.clear_readable();
        return Arrival::nothing;
    }
    if (length <= 0) {
        lose(Reason::closed);
        return Arrival::lost;
    }
    std::vector<Fd> descriptors = take_descriptors(received);
    auto message = decode(std::span(buffer).first(static_cast<std::size_t>(length)));
    // A link that is missing hangs up, and its connections stay where they are: no reason to lose the
    // channel.
    const bool whole =
        (received.msg_flags & MSG_TRUNC) == 0 &&
        ((received.msg_flags & MSG_CTRUNC) == 0 || (message && (std::holds_alternative<HandOver>(*message) ||
                                                                std::holds_alternative<Return>(*message))));
    if (!message || !whole) {
        lose(Reason::bad_message);
        return Arrival::lost;
    }
    handler_->on_message(*this, *message, descriptors);
    return Arrival::message;
}

void ControlChannel::lose(Reason reason) {
    if (!is_open()) return;
    close();
    handler_->on_channel_lost(*this, reason);
}

void ControlChannel::close() {
    watch_.stop();
    socket_.reset();
    queue_.clear();
}

}  // namespace baton::upgrade
