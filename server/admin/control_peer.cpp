#include "server/admin/control_peer.h"

#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

namespace baton::admin {
namespace {

constexpr std::chrono::seconds request_timeout{10};
/// A command that reads nothing of so much is not there any more.
constexpr std::size_t most_pending = 4 * longest_answer_part;

}  // namespace

ControlPeer::ControlPeer(ControlServer& server, std::uint64_t id, Fd socket)
    : server_(server),
      id_(id),
      socket_(std::move(socket)),
      deadline_(Timer::calling<&ControlPeer::on_timeout>(server.loop_.timers(), *this)) {}

Result<void> ControlPeer::start() {
    deadline_.arm(request_timeout);
    return watch_.start(server_.loop_, socket_.get(), *this, Trigger::edge);
}

void ControlPeer::on_ready() noexcept {
    switch (phase_) {
        case Phase::reading_request: return read_request();
        case Phase::waiting_for_verdict:
        case Phase::sending_verdict: write_pending(); return watch_for_hang_up();
        case Phase::closed: return;
    }
}

void ControlPeer::read_request() {
    std::array<char, 4096> bytes;
    for (;;) {
        const ssize_t size = ::recv(socket_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
        if (size < 0 && errno == EINTR) continue;
        if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return watch_.clear_readable();
        if (size <= 0) return close();
        in_.append(bytes.data(), static_cast<std::size_t>(size));
        if (in_.size() > longest_request) return refuse("the request is too long", EX_USAGE);
        const std::size_t newline = in_.find('\n');
        if (newline == std::string::npos) continue;
        deadline_.disarm();
        if (!is_allowed())
            return refuse("only root and the user of this instance may give orders", EX_NOPERM);
        const std::optional<Request> request = parse_request(std::string_view(in_).substr(0, newline));
        if (!request || newline + 1 != in_.size()) {
            return refuse("this instance does not understand the request; is the command of another version?",
                          EX_USAGE);
        }
        in_ = {};
        phase_ = Phase::waiting_for_verdict;
        send({Answer::Kind::accepted, {}});
        if (phase_ == Phase::waiting_for_verdict) server_.execute(*this, *request);
        return;
    }
}

bool ControlPeer::is_allowed() const {
    ucred peer{};
    socklen_t size = sizeof peer;
    if (::getsockopt(socket_.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return false;
    return peer.uid == 0 || peer.uid == ::geteuid();
}

/// After its request a command has nothing more to say: whatever comes, it is the end.
void ControlPeer::watch_for_hang_up() {
    char byte;
    if (phase_ == Phase::closed || !watch_.readable()) return;
    const ssize_t size = ::recv(socket_.get(), &byte, 1, MSG_DONTWAIT);
    if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
        return watch_.clear_readable();
    close();
}

void ControlPeer::refuse(const std::string& text, int exit_code) {
    finish({exit_code, text, {}});
}

void ControlPeer::send(const Answer& answer) {
    if (phase_ == Phase::closed) return;
    out_ += format_answer(answer);
    if (out_.size() > most_pending) return close();
    write_pending();
}

void ControlPeer::finish(const Verdict& verdict) {
    if (phase_ == Phase::closed || phase_ == Phase::sending_verdict) return;
    deadline_.disarm();
    phase_ = Phase::sending_verdict;
    send({Answer::Kind::verdict, verdict});
}

void ControlPeer::write_pending() {
    while (!out_.empty()) {
        const ssize_t size = ::send(socket_.get(), out_.data(), out_.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        if (size < 0 && errno == EINTR) continue;
        if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return watch_.clear_writable();
        if (size <= 0) return close();
        out_.erase(0, static_cast<std::size_t>(size));
    }
    if (phase_ == Phase::sending_verdict && !stays_) close();
}

void ControlPeer::on_timeout() {
    refuse("no request came within 10 s", EX_TEMPFAIL);
}

void ControlPeer::close() {
    if (phase_ == Phase::closed) return;
    phase_ = Phase::closed;
    deadline_.disarm();
    watch_.stop();
    socket_.reset();
    server_.forget(id_);
}

}  // namespace baton::admin
