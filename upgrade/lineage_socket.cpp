#include "upgrade/lineage_socket.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <optional>

namespace baton::upgrade {
namespace {

/// As many workers as a lineage has may be asked for at once.
constexpr int longest_queue = 1024;

/// Nothing when the path is too long for a socket.
std::optional<sockaddr_un> address_of(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) return std::nullopt;
    std::memcpy(address.sun_path, path.c_str(), path.size());
    return address;
}

Fd new_socket() {
    return Fd{::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
}

bool is_socket(const std::string& path) {
    struct stat status {};
    return ::lstat(path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode);
}

}  // namespace

Fd LineageSocket::connect(const std::string& path) {
    const auto address = address_of(path);
    Fd socket = new_socket();
    if (!address || !socket ||
        ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address) != 0)
        return {};
    const auto user = user_of_peer(socket.get());
    if (user != 0 && user != ::geteuid()) return {};
    return socket;
}

Result<LineageSocket> LineageSocket::take(Fd inherited, const std::string& path) {
    if (inherited && is_socket(path)) return LineageSocket(std::move(inherited), path);
    const auto address = address_of(path);
    if (!address) return failure(Reason::system, Side::internal, ENAMETOOLONG);
    Fd socket = new_socket();
    if (!socket) return system_failure();
    if (is_socket(path)) ::unlink(path.c_str());
    // Nobody can connect before listen(), so the mode is right from the first connection on.
    if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address) != 0)
        return system_failure();
    if (::chmod(path.c_str(), 0600) != 0 || ::listen(socket.get(), longest_queue) != 0) {
        const auto failed = system_failure();
        ::unlink(path.c_str());
        return failed;
    }
    return LineageSocket(std::move(socket), path);
}

Result<void> LineageSocket::move_to(const std::string& path) {
    if (!socket_ || path == path_) return {};
    if (!address_of(path)) return failure(Reason::system, Side::internal, ENAMETOOLONG);
    if (::rename(path_.c_str(), path.c_str()) != 0) return system_failure();
    path_ = path;
    return {};
}

void LineageSocket::remove() {
    if (socket_ && is_socket(path_)) ::unlink(path_.c_str());
    socket_.reset();
}

uid_t user_of_peer(int socket) {
    ucred peer{};
    socklen_t length = sizeof peer;
    if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0) return static_cast<uid_t>(-1);
    return peer.uid;
}

}  // namespace baton::upgrade
