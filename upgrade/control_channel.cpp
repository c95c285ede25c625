#include "upgrade/control_channel.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>

namespace baton::upgrade {

Result<std::pair<Fd, Fd>> ControlChannel::make_pair() {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0)
        return failure(reason_of(errno), Side::internal, errno);
    return std::pair{Fd{ends[0]}, Fd{ends[1]}};
}

ControlChannel::ControlChannel(EventLoop& loop, Fd socket, ControlChannelHandler& handler)
    : loop_(loop), socket_(std::move(socket)), handler_(&handler) {}

Result<void> ControlChannel::start() {
    return watch_.start(loop_, socket_.get(), *this, Trigger::edge);
}

void ControlChannel::send(const ControlMessage& message) {
    if (!is_open()) return;
    if (queue_.size() >= longest_queue) return lose(Reason::limit);
    queue_.push_back(encode(message));
    send_queued();
}

void ControlChannel::send_queued() {
    while (is_open() && !queue_.empty()) {
        const std::string& first = queue_.front();
        const ssize_t sent = ::send(socket_.get(), first.data(), first.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        // A socket that is gone is noticed by reading it, after what it said last.
        if (sent < 0) return watch_.clear_writable();
        queue_.pop_front();
    }
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
    // No room for ancillary data: descriptors that nobody asked for are dropped by the kernel.
    const ssize_t length = ::recv(socket_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT | MSG_TRUNC);
    if (length < 0 && errno == EINTR) return Arrival::message;
    if (length < 0 && errno == EAGAIN) {
        watch_.clear_readable();
        return Arrival::nothing;
    }
    if (length <= 0) {
        lose(Reason::closed);
        return Arrival::lost;
    }
    const auto size = static_cast<std::size_t>(length);
    auto message = size <= buffer.size()
                       ? decode(std::span(buffer).first(size))
                       : Result<ControlMessage>(failure(Reason::bad_message, Side::internal));
    if (!message) {
        lose(Reason::bad_message);
        return Arrival::lost;
    }
    handler_->on_message(*this, *message);
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
