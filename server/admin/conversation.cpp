#include "server/admin/conversation.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <sysexits.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace baton::admin {
namespace {

OrderOutcome cannot_connect(const std::string& path, int error) {
    switch (error) {
        case ENOENT:
        case ECONNREFUSED:
        case ENOTDIR:
            return {EX_UNAVAILABLE, std::nullopt,
                    "no instance of baton is running (nobody listens at " + path + ")"};
        case EACCES:
        case EPERM:
            return {EX_NOPERM, std::nullopt, "not allowed to use " + path + ": it belongs to another user"};
        default:
            return {EX_UNAVAILABLE, std::nullopt, "cannot connect to " + path + ": " + std::strerror(error)};
    }
}

}  // namespace

tl::expected<Conversation, OrderOutcome> Conversation::begin(const std::string& socket,
                                                             const Request& request, Patience patience) {
    Conversation conversation;
    if (const int error = conversation.connect(socket, patience); error != 0)
        return tl::unexpected(cannot_connect(socket, error));
    if (!conversation.send_all(format_request(request))) return tl::unexpected(cannot_connect(socket, errno));
    return conversation;
}

int Conversation::connect(const std::string& path, Patience patience) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) return ENAMETOOLONG;
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    const int kind = SOCK_STREAM | SOCK_CLOEXEC | (patience == Patience::none ? SOCK_NONBLOCK : 0);
    socket_ = Fd{::socket(AF_UNIX, kind, 0)};
    if (!socket_) return errno;
    const auto* const to = reinterpret_cast<const sockaddr*>(&address);
    return ::connect(socket_.get(), to, sizeof address) == 0 ? 0 : errno;
}

bool Conversation::send_all(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t size = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (size < 0 && errno == EINTR) continue;
        // The instance may have refused already; then its reason is there to read.
        if (size < 0) return errno == EPIPE;
        bytes.remove_prefix(static_cast<std::size_t>(size));
    }
    return true;
}

bool Conversation::receive() {
    std::array<char, 16 * 1024> bytes;
    const ssize_t size = ::recv(socket_.get(), bytes.data(), bytes.size(), 0);
    if (size < 0) return errno == EINTR || errno == EAGAIN;
    if (size == 0) return false;
    reader_.feed({bytes.data(), static_cast<std::size_t>(size)});
    return true;
}

}  // namespace baton::admin
