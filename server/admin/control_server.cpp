#include "server/admin/control_server.h"

#include "server/admin/control_peer.h"
#include "server/log/log.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sysexits.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

namespace baton::admin {
namespace {

constexpr std::size_t most_peers = 32;
constexpr std::chrono::milliseconds pause_without_descriptors{500};

/// A name in the same folder that no other process uses.
std::string temporary_name(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    const std::string folder = slash == std::string::npos ? "" : path.substr(0, slash + 1);
    return folder + "." + std::to_string(::getpid());
}

std::string_view word_of(const Request& request) {
    switch (request.verb) {
        case Verb::reload: return "reload";
        case Verb::upgrade: return request.upgrade.check_only ? "upgrade --check" : "upgrade";
        case Verb::rollback: return "rollback";
        case Verb::stop:
            switch (request.stop_mode) {
                case StopMode::graceful: return "quit";
                case StopMode::bounded: return "stop";
                case StopMode::now: return "stop --now";
            }
            break;
        case Verb::finish: return "finish";
        case Verb::reopen: return "reopen";
        case Verb::stop_accepting: return "stop-accepting";
        case Verb::status: return "status";
    }
    return "?";
}

}  // namespace

ControlServer::ControlServer(EventLoop& loop, std::string path, Orders& orders)
    : loop_(loop),
      path_(std::move(path)),
      orders_(orders),
      pause_(Timer::calling<&ControlServer::resume_accepting>(loop.timers(), *this)),
      peers_(std::make_shared<Peers>()) {}

ControlServer::~ControlServer() {
    close();
}

Result<std::unique_ptr<ControlServer>> ControlServer::create(EventLoop& loop, const std::string& path,
                                                             Orders& orders) {
    std::unique_ptr<ControlServer> server(new ControlServer(loop, path, orders));
    if (const auto bound = server->bind(); !bound) return tl::unexpected(bound.error());
    return server;
}

Result<void> ControlServer::bind() {
    const std::string name = temporary_name(path_);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (name.size() >= sizeof address.sun_path || path_.size() >= sizeof address.sun_path) {
        return failure(Reason::system, Side::internal, ENAMETOOLONG);
    }
    std::memcpy(address.sun_path, name.c_str(), name.size() + 1);
    Fd socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    if (!socket) return system_failure();
    ::unlink(name.c_str());
    if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        return system_failure();
    // Nobody can connect before listen(), so the mode is right from the first connection on.
    struct stat status {};
    if (::chmod(name.c_str(), 0600) != 0 || ::listen(socket.get(), most_peers) != 0 ||
        ::stat(name.c_str(), &status) != 0) {
        const auto failed = system_failure();
        ::unlink(name.c_str());
        return failed;
    }
    if (const auto watched = watch_.start(loop_, socket.get(), *this, Trigger::level); !watched) {
        ::unlink(name.c_str());
        return watched;
    }
    if (::rename(name.c_str(), path_.c_str()) != 0) {
        const auto failed = system_failure();
        watch_.stop();
        ::unlink(name.c_str());
        return failed;
    }
    device_ = status.st_dev;
    inode_ = status.st_ino;
    owner_ = ::getpid();
    socket_ = std::move(socket);
    return {};
}

void ControlServer::close() {
    if (!socket_) return;
    watch_.stop();
    pause_.disarm();
    socket_.reset();
    if (::getpid() != owner_) return;
    struct stat status {};
    if (::lstat(path_.c_str(), &status) == 0 && status.st_dev == device_ && status.st_ino == inode_) {
        ::unlink(path_.c_str());
    }
}

void ControlServer::on_ready() noexcept {
    for (std::size_t accepted = 0; accepted < most_peers; ++accepted) {
        Fd socket{::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)};
        if (socket) {
            begin_conversation(std::move(socket));
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            watch_.stop();
            return pause_.arm(pause_without_descriptors);
        } else if (errno != EINTR && errno != ECONNABORTED) {
            return;
        }
    }
}

void ControlServer::resume_accepting() {
    if (!watch_.start(loop_, socket_.get(), *this, Trigger::level)) pause_.arm(pause_without_descriptors);
}

void ControlServer::begin_conversation(Fd socket) {
    const std::uint64_t id = next_id_++;
    auto peer = std::make_unique<ControlPeer>(*this, id, std::move(socket));
    ControlPeer& started = *peers_->emplace(id, std::move(peer)).first->second;
    if (!started.start()) return forget(id);
    if (peers_->size() > most_peers)
        started.finish({EX_TEMPFAIL, "too many commands are waiting already", {}});
}

void ControlServer::execute(ControlPeer& peer, const Request& request) {
    if (request.verb != Verb::status) log::info("admin.order").with("order", word_of(request));
    const auto tell = [peers = std::weak_ptr<Peers>(peers_), id = peer.id()](auto&& what) {
        const auto alive = peers.lock();
        if (!alive) return;
        if (const auto found = alive->find(id); found != alive->end()) what(*found->second);
    };
    const Reply reply = [tell](const Verdict& verdict) {
        tell([&](ControlPeer& to) { to.finish(verdict); });
    };
    const Progress progress = [tell](const std::string& text, const std::string& json) {
        tell([&](ControlPeer& to) { to.send({Answer::Kind::progress, {0, text, json}}); });
    };
    switch (request.verb) {
        case Verb::reload: return orders_.reload(reply, progress);
        case Verb::upgrade: return orders_.upgrade(request.upgrade, reply, progress);
        case Verb::rollback: return orders_.rollback(reply, progress);
        case Verb::finish: return orders_.finish_generation(request.generation, reply);
        case Verb::stop: peer.stay_after_verdict(); return orders_.stop(request.stop_mode, reply);
        case Verb::reopen: orders_.reopen_logs(); return reply({});
        case Verb::stop_accepting: orders_.stop_accepting(); return reply({});
        case Verb::status: return reply(orders_.status());
    }
}

void ControlServer::forget(std::uint64_t id) {
    const auto found = peers_->find(id);
    if (found == peers_->end()) return;
    loop_.destroy_later(std::move(found->second));
    peers_->erase(found);
}

}  // namespace baton::admin
