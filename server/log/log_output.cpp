#include "server/log/log_output.h"

#include <limits.h>
#include <netdb.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

namespace baton {
namespace {

bool is_pipe(int descriptor) {
    struct stat status {};
    return ::fstat(descriptor, &status) == 0 && S_ISFIFO(status.st_mode);
}

bool is_socket(int descriptor) {
    struct stat status {};
    return ::fstat(descriptor, &status) == 0 && S_ISSOCK(status.st_mode);
}

/// Whole lines from the front of `lines`, at most PIPE_BUF bytes; a longer line alone is cut into pieces.
std::string_view first_piece(std::string_view lines) {
    if (lines.size() <= PIPE_BUF) return lines;
    const std::size_t last_newline = lines.rfind('\n', PIPE_BUF - 1);
    return lines.substr(0, last_newline == std::string_view::npos ? PIPE_BUF : last_newline + 1);
}

}  // namespace

bool is_log_file(std::string_view output) {
    return output != "stdout" && output != "stderr" && output != "journald" && !output.starts_with("syslog:");
}

Result<LogOutput> LogOutput::open(const std::string& output) {
    LogOutput opened{output};
    Result<void> done;
    if (output == "stdout") {
        done = opened.adopt_stream(STDOUT_FILENO);
    } else if (output == "stderr" || output == "journald") {
        opened.severity_in_front_ = output == "journald";
        done = opened.adopt_stream(STDERR_FILENO);
    } else if (output.starts_with("syslog:unix:")) {
        done = opened.connect_unix(output.substr(std::strlen("syslog:unix:")));
    } else if (output.starts_with("syslog:udp:")) {
        const std::string host_port = output.substr(std::strlen("syslog:udp:"));
        const std::size_t colon = host_port.rfind(':');
        std::string host = host_port.substr(0, colon);
        if (host.size() > 2 && host.front() == '[' && host.back() == ']')
            host = host.substr(1, host.size() - 2);
        done = opened.connect_udp(host, colon == std::string::npos ? "514" : host_port.substr(colon + 1));
    } else if (output.empty() || output.starts_with("syslog:")) {
        return failure(Reason::bad_message, Side::internal, EINVAL);
    } else {
        done = opened.open_file(output);
    }
    if (!done) return tl::unexpected(done.error());
    return opened;
}

Result<void> LogOutput::open_file(const std::string& path) {
    Fd file{::open(path.c_str(), log_file_flags, log_file_mode)};
    if (!file) return system_failure();
    kind_ = is_pipe(file.get()) ? Kind::pipe : Kind::file;
    file_ = std::move(file);
    return {};
}

Result<void> LogOutput::adopt_stream(int descriptor) {
    // O_NONBLOCK belongs to the open file, which other processes share with us. Opening a pipe or terminal
    // anew through /proc gives one of our own; where that is not allowed, poll has to do.
    if (is_socket(descriptor)) {
        kind_ = Kind::socket;
    } else {
        const std::string path = "/proc/self/fd/" + std::to_string(descriptor);
        struct stat status {};
        const bool regular = ::fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
        if (!regular) {
            Fd own{::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)};
            if (own) {
                kind_ = is_pipe(own.get()) ? Kind::pipe : Kind::file;
                file_ = std::move(own);
                return {};
            }
        }
        kind_ = regular ? Kind::file : Kind::shared_pipe;
    }
    Fd copy{::fcntl(descriptor, F_DUPFD_CLOEXEC, 3)};
    if (!copy) return system_failure();
    file_ = std::move(copy);
    return {};
}

Result<void> LogOutput::connect_unix(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof address.sun_path) {
        return failure(Reason::bad_message, Side::internal, ENAMETOOLONG);
    }
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    Fd socket{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    if (!socket) return system_failure();
    if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        return system_failure();
    }
    kind_ = Kind::datagram;
    file_ = std::move(socket);
    return {};
}

Result<void> LogOutput::connect_udp(const std::string& host, const std::string& port) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_DGRAM;
    addrinfo* found = nullptr;
    if (::getaddrinfo(host.c_str(), port.c_str(), &hints, &found) != 0) {
        return failure(Reason::not_found, Side::internal, ENOENT);
    }
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);
    for (const addrinfo* entry = found; entry != nullptr; entry = entry->ai_next) {
        Fd socket{::socket(entry->ai_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
        if (!socket || ::connect(socket.get(), entry->ai_addr, entry->ai_addrlen) != 0) continue;
        kind_ = Kind::datagram;
        over_network_ = true;
        file_ = std::move(socket);
        return {};
    }
    return system_failure();
}

Result<void> LogOutput::reopen() {
    if (name_ == "stdout" || name_ == "stderr" || name_ == "journald") return {};
    Result<LogOutput> fresh = open(name_);
    if (!fresh) return tl::unexpected(fresh.error());
    *this = std::move(*fresh);
    return {};
}

WriteOutcome LogOutput::write(std::string_view lines, Severity severity) {
    if (kind_ == Kind::datagram) return write_datagrams(lines, severity);
    if (!severity_in_front_ || lines.empty()) return write_pieces(lines);
    // sd-daemon(3): the journal takes `<N>` off the front of a line.
    std::string marked;
    for (std::string_view rest = lines; !rest.empty();) {
        const std::size_t end = std::min(rest.find('\n'), rest.size() - 1) + 1;
        marked.append("<")
            .append(std::to_string(static_cast<int>(severity)))
            .append(">")
            .append(rest.substr(0, end));
        rest.remove_prefix(end);
    }
    const WriteOutcome outcome = write_pieces(marked);
    // The journal's pipe is practically never full; what it did not take is given up.
    return {outcome.bytes == marked.size() ? lines.size() : 0, outcome.os_error};
}

WriteOutcome LogOutput::write_pieces(std::string_view lines) {
    WriteOutcome outcome;
    while (outcome.bytes < lines.size()) {
        std::string_view piece = lines.substr(outcome.bytes);
        if (kind_ == Kind::pipe || kind_ == Kind::shared_pipe) piece = first_piece(piece);
        if (kind_ == Kind::shared_pipe) {
            pollfd ready{file_.get(), POLLOUT, 0};
            if (::poll(&ready, 1, 0) <= 0) {
                outcome.os_error = EAGAIN;
                return outcome;
            }
        }
        const ssize_t written = kind_ == Kind::socket ? ::send(file_.get(), piece.data(), piece.size(),
                                                               MSG_DONTWAIT | MSG_NOSIGNAL)
                                                      : ::write(file_.get(), piece.data(), piece.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) {
            outcome.os_error = written == 0 ? EIO : errno;
            return outcome;
        }
        outcome.bytes += static_cast<std::size_t>(written);
    }
    return outcome;
}

}  // namespace baton
