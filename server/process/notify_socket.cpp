#include "server/process/notify_socket.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace baton {
namespace {

constexpr std::string_view name_in_folder = "/notify";

bool bind_at(int socket, const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return false;
    }
    std::copy(path.begin(), path.end(), address.sun_path);
    return ::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

}  // namespace

Result<NotifySocket> NotifySocket::open() {
    if (const char* const chosen = ::secure_getenv("TMPDIR"); chosen != nullptr && chosen[0] == '/') {
        if (auto opened = open_below(chosen)) return opened;
    }
    if (auto opened = open_below("/run/baton")) return opened;
    if (auto opened = open_below("/dev/shm")) return opened;
    return open_below("/tmp");
}

Result<NotifySocket> NotifySocket::open_below(std::string_view parent) {
    std::string folder = std::string(parent) + "/baton-supervisor-XXXXXX";
    if (::mkdtemp(folder.data()) == nullptr) return system_failure();
    NotifySocket opened(Fd{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)},
                        std::move(folder));
    // Before the first datagram can come: one that was sent earlier names no sender.
    constexpr int on = 1;
    if (!opened.socket_ || ::setsockopt(opened.descriptor(), SOL_SOCKET, SO_PASSCRED, &on, sizeof on) != 0 ||
        !bind_at(opened.descriptor(), opened.path()))
        return system_failure();
    return opened;
}

NotifySocket::NotifySocket(NotifySocket&& other) noexcept
    : socket_(std::move(other.socket_)), folder_(std::exchange(other.folder_, {})) {}

NotifySocket::~NotifySocket() {
    if (folder_.empty()) return;
    ::unlink(path().c_str());
    ::rmdir(folder_.c_str());
}

std::string NotifySocket::path() const {
    return folder_ + std::string(name_in_folder);
}

std::optional<NotifySocket::Datagram> NotifySocket::receive() {
    for (;;) {
        iovec text{buffer_.data(), buffer_.size()};
        // Room for the sender and nothing else: the kernel closes descriptors that do not fit.
        alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(ucred))> control{};
        msghdr message{};
        message.msg_iov = &text;
        message.msg_iovlen = 1;
        message.msg_control = control.data();
        message.msg_controllen = control.size();
        const auto length = ::recvmsg(descriptor(), &message, MSG_CMSG_CLOEXEC);
        if (length < 0 && errno == EINTR) continue;
        if (length < 0) return std::nullopt;
        const cmsghdr* const header = CMSG_FIRSTHDR(&message);
        if ((message.msg_flags & MSG_TRUNC) != 0 || header == nullptr || header->cmsg_level != SOL_SOCKET ||
            header->cmsg_type != SCM_CREDENTIALS)
            continue;
        ucred sender{};
        std::memcpy(&sender, CMSG_DATA(header), sizeof sender);
        return Datagram{sender.pid, {buffer_.data(), static_cast<std::size_t>(length)}};
    }
}

}  // namespace baton
