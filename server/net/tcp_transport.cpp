#include "server/net/tcp_transport.h"

#include "server/assert.h"
#include "server/net/transport_state.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <climits>

namespace baton {
namespace {

/// Of one read. Blocks have room for more, which only sealed records need.
constexpr std::size_t longest_read = std::size_t{16} * 1024;

}  // namespace

Result<std::unique_ptr<TcpTransport>> TcpTransport::create(EventLoop& loop, Fd socket, const Address& peer) {
    std::unique_ptr<TcpTransport> transport{new TcpTransport(loop, std::move(socket), peer)};
    if (auto watching = transport->watch_.start(loop, transport->socket_.get(), *transport); !watching)
        return tl::unexpected(watching.error());
    return transport;
}

TcpTransport::~TcpTransport() {
    close();
}

IoResult TcpTransport::receive(ReceiveBuffer& into) {
    const std::span<char> room = into.prepare();
    const IoResult got = receive(room.first(std::min(room.size(), longest_read)));
    if (got.status == IoStatus::done)
        into.commit(got.bytes);
    else
        into.release_if_empty();
    return got;
}

IoResult TcpTransport::receive(std::span<char> room) {
    ASSERT(!is_frozen());
    const ssize_t got = ::recv(socket_.get(), room.data(), room.size(), 0);
    if (got > 0) {
        // A short read has emptied the socket; only an end that is already known still has to be read.
        if (static_cast<std::size_t>(got) < room.size() && !watch_.hung_up()) watch_.clear_readable();
        return {IoStatus::done, static_cast<std::size_t>(got)};
    }
    if (got == 0) {
        watch_.clear_readable();
        return {IoStatus::closed};
    }
    if (errno == EAGAIN || errno == EINTR) {
        watch_.clear_readable();
        return {IoStatus::would_block};
    }
    return broken(0, errno);
}

IoResult TcpTransport::broken(std::size_t moved, int error) {
    broken_ = true;
    return {IoStatus::failed, moved, error};
}

IoResult TcpTransport::send(ByteQueue& from) {
    ASSERT(!is_frozen());
    std::size_t total = 0;
    while (!from.empty()) {
        iovec pieces[64] __attribute__((uninitialized));  // only what is filled is read
        msghdr message{};
        message.msg_iov = pieces;
        message.msg_iovlen = from.gather(pieces);
        std::size_t offered = 0;
        for (std::size_t i = 0; i < message.msg_iovlen; ++i) offered += pieces[i].iov_len;
        const ssize_t sent = ::sendmsg(socket_.get(), &message, MSG_NOSIGNAL);
        if (sent < 0) {
            if (errno == EINTR) continue;
            if (errno != EAGAIN) return broken(total, errno);
            watch_.clear_writable();
            return {total > 0 ? IoStatus::done : IoStatus::would_block, total};
        }
        from.consume(static_cast<std::size_t>(sent));
        total += static_cast<std::size_t>(sent);
        if (static_cast<std::size_t>(sent) < offered) {
            watch_.clear_writable();
            break;
        }
    }
    return {IoStatus::done, total};
}

void TcpTransport::shutdown_write() {
    if (socket_) ::shutdown(socket_.get(), SHUT_WR);
}

void TcpTransport::close() {
    watch_.stop();
    socket_.reset();
}

void TcpTransport::reset() {
    const linger abortive{1, 0};
    if (socket_) ::setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &abortive, sizeof abortive);
    close();
}

TransportState TcpTransport::state() const {
    return {peer_, std::nullopt};
}

void TcpTransport::thaw() {
    ASSERT(is_frozen());
    if (!watch_.start(loop_, socket_.get(), *this)) return close();
    watch_.call_again();
}

const Address& TcpTransport::local() const {
    if (!local_) local_ = std::make_unique<Address>(Address::local_of(socket_.get()));
    return *local_;
}

int TcpTransport::take_error() {
    int error = 0;
    socklen_t length = sizeof error;
    if (::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &length) != 0) return errno;
    return error;
}

void TcpTransport::on_ready() noexcept {
    if (handler_) handler_->on_transport_ready();
}

}  // namespace baton
