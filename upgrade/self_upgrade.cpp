#include "upgrade/self_upgrade.h"

#include "server/log/log.h"
#include "upgrade/successor_process.h"

#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

namespace baton::upgrade {
namespace {

constexpr Duration ready_timeout = std::chrono::seconds{30};

}  // namespace

Result<std::unique_ptr<SelfUpgrade>> SelfUpgrade::create(int argc, char** argv) {
    ensure_standard_streams();
    // Before anything is opened: what lies beyond the inherited descriptors is closed.
    auto inheritance = take_inheritance();
    auto loop = EventLoop::create();
    if (!loop) return tl::unexpected(loop.error());
    auto self =
        std::unique_ptr<SelfUpgrade>(new SelfUpgrade(std::move(*loop), std::move(inheritance), argc, argv));
    ignore_signals({SIGPIPE});
    auto signals = SignalSource::create(*self->loop_, {SIGUSR2, SIGTERM, SIGINT, SIGCHLD}, *self);
    if (!signals) return tl::unexpected(signals.error());
    self->signals_ = std::move(*signals);
    return self;
}

SelfUpgrade::SelfUpgrade(std::unique_ptr<EventLoop> loop, Inheritance inheritance, int argc, char** argv)
    : loop_(std::move(loop)),
      inheritance_(std::move(inheritance)),
      first_start_(FirstStart::capture(std::vector<std::string>(argv, argv + argc))),
      binary_(std::filesystem::read_symlink("/proc/self/exe")),
      machine_(*loop_, static_cast<UpgradeHandler&>(*this)) {}

SelfUpgrade::~SelfUpgrade() = default;

Result<const ListeningSocket*> SelfUpgrade::listen(const Address& address) {
    auto socket = std::make_unique<ListeningSocket>();
    const auto inherited = std::ranges::find(inheritance_.listeners, address, &InheritedSocket::address);
    if (inherited != inheritance_.listeners.end()) {
        socket->address = inherited->address;
        socket->socket = std::move(inherited->socket);
        inheritance_.listeners.erase(inherited);
    } else {
        ListenerRequest request;
        request.address = address;
        request.ipv6_only = address.family() == AF_INET6;
        request.settings = &settings_;
        auto bound = bind_listener(request, 0);
        if (!bound) return tl::unexpected(bound.error());
        *socket = std::move(*bound);
    }
    sockets_.push_back(std::move(socket));
    return sockets_.back().get();
}

int SelfUpgrade::run(Upgradable& program) {
    program_ = &program;
    if (inheritance_.from_predecessor()) {
        predecessor_.emplace(*loop_, std::move(inheritance_.control),
                             static_cast<PredecessorHandler&>(*this));
        Hello own;
        own.pid = static_cast<std::uint32_t>(::getpid());
        if (!predecessor_->start(own)) return EX_OSERR;
    } else {
        program.start_accepting();
    }
    while (!over_ && !(draining_ && program.is_empty())) loop_->turn();
    return exit_code_;
}

void SelfUpgrade::on_hello(const Hello& hello) {
    binary_ = hello.binary;
    predecessor_->report_ready(hello.generation + 1, 1);
}

void SelfUpgrade::on_commit(std::vector<Fd>, const Commit&) {
    program_->start_accepting();
    predecessor_->report_accepting();
    predecessor_.reset();
}

void SelfUpgrade::on_predecessor_lost(const std::string&) {
    exit_code_ = EX_UNAVAILABLE;
    over_ = true;
}

void SelfUpgrade::on_signal(int number, pid_t) noexcept {
    switch (number) {
        case SIGCHLD: return reaper_.reap();
        case SIGUSR2: return start_upgrade();
        default: break;
    }
    if (draining_) over_ = true;
    machine_.cancel(EX_TEMPFAIL, "told to end");
    drain();
}

void SelfUpgrade::start_upgrade() {
    if (!machine_.is_idle() || draining_ || predecessor_) {
        log::warn("upgrade.refused").with("reason", "this process is not the one that serves, or is busy");
        return;
    }
    SuccessorPlan plan;
    plan.binary = binary_;
    plan.hello.pid = static_cast<std::uint32_t>(::getpid());
    plan.hello.binary = binary_;
    for (const auto& socket : sockets_)
        plan.descriptors.push_back({std::string(listener_name), socket->socket.get()});
    Upgrade::Request request;
    request.successor = std::make_unique<SuccessorProcess>(*loop_, reaper_, first_start_, std::move(plan),
                                                           machine_.observer());
    request.ready_timeout = ready_timeout;
    request.done = [](const Outcome& outcome) {
        if (outcome.kind == Outcome::Kind::rolled_back)
            log::error("upgrade.failed")
                .with("phase", to_string(outcome.failed_in))
                .with("reason", outcome.reason);
    };
    machine_.start(std::move(request));
}

void SelfUpgrade::on_switched(std::unique_ptr<Successor> successor) {
    loop_->destroy_later(std::move(successor));
    drain();
}

void SelfUpgrade::on_rolled_back(Successor&, Phase) {
    // Nothing was given away.
}

void SelfUpgrade::drain() {
    if (std::exchange(draining_, true)) return;
    program_->drain();
    // A successor has its own copies; without one whoever connects is to be refused, not kept waiting.
    for (auto& socket : sockets_) socket->socket.reset();
}

}  // namespace baton::upgrade
