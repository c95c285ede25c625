#include "server/process/worker.h"

#include "server/assert.h"
#include "server/log/log.h"
#include "server/process/forked_descriptors.h"
#include "server/process/strict_sandbox.h"
#include "server/tls/certificate_codec.h"
#include "server/tls/secret_heap.h"

#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace baton {
namespace {

/// A worker shows that it lives at least this often.
constexpr Duration longest_turn = std::chrono::seconds{1};
/// A master that lives adopts the orphans of another one within this.
constexpr Duration patience_with_adopters = std::chrono::seconds{2};
/// Under a flood of new connections a queue is never empty; then the drain begins all the same.
constexpr Duration longest_emptying = std::chrono::seconds{1};
/// What the service has not closed this long after its last deadline is cut by the exit of the process.
constexpr Duration patience_after_deadline = std::chrono::seconds{2};

/// Pins the process to the `index`-th of the processors it may use, counted in a circle.
void pin_to_processor(std::uint32_t index) {
    cpu_set_t allowed;
    if (::sched_getaffinity(0, sizeof allowed, &allowed) != 0) return;
    auto nth = index % static_cast<std::uint32_t>(CPU_COUNT(&allowed));
    for (std::size_t processor = 0; processor < CPU_SETSIZE; ++processor) {
        if (!CPU_ISSET(processor, &allowed) || nth-- != 0) continue;
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET(processor, &one);
        ::sched_setaffinity(0, sizeof one, &one);
        return;
    }
}

/// Whether the kernel kills this process when its master ends. A change of the process's rights undoes it.
void end_with_master(bool does) {
    ::prctl(PR_SET_PDEATHSIG, does ? SIGKILL : 0);
}

/// The system closes what a worker without a free descriptor is sent, and the link's other side sees that.
bool has_arrived(const Fd& link) {
    if (!link) log::warn("worker.link_lost");
    return static_cast<bool>(link);
}

}  // namespace

Worker::Worker(EventLoop& loop, WorkerSeed seed) : loop_(loop), seed_(std::move(seed)) {}

Worker::~Worker() = default;

int Worker::run() {
    if (!prepare()) return EX_SOFTWARE;
    loop_.turn(Duration{0});
    if (phase_ == Phase::starting) enter(Phase::ready);
    while (phase_ != Phase::ended) {
        loop_.turn(longest_turn);
        seed_.slot.heartbeat.store(loop_.now().time_since_epoch().count(), std::memory_order_relaxed);
        advance();
        service_->end_turn();
    }
    service_->finish();
    return EX_OK;
}

bool Worker::prepare() {
    if (seed_.config->process.cpu_affinity) pin_to_processor(seed_.index);
    auto signals = SignalSource::create(loop_, {SIGTERM, SIGQUIT}, *this);
    if (!signals || !channel_watch_.start(loop_, seed_.channel.get(), *this, Trigger::level)) return false;
    signals_ = std::move(*signals);
    // The service opens logs and reads keys as the user that started the master.
    service_ = seed_.factory(WorkerContext{loop_, seed_.config, seed_.listeners, seed_.slot, seed_.generation,
                                           seed_.index, seed_.memory.ticket_keys(), seed_.material,
                                           seed_.escrow.channel ? &seed_.escrow : nullptr});
    if (!service_) {
        log::crit("worker.no_service").with("index", seed_.index);
        return false;
    }
    if (seed_.certificates) service_->use_certificates(seed_.certificates);
    if (drop_privileges(seed_.privileges)) {
        end_with_master(true);
        if (seed_.material) tls::forbid_dumps();  // becoming another user has permitted them
        if (seed_.privileges.sandbox != config::Sandbox::strict ||
            enter_strict_sandbox(*seed_.config, seed_.channel.get()))
            return true;
    }
    log::crit("worker.privileges_kept").with("error", std::strerror(errno));
    return false;
}

void Worker::enter(Phase phase) {
    const Phase from = phase_;
    phase_ = phase;
    switch (phase) {
        case Phase::starting: ASSERT(false); return;
        case Phase::ready:
            ASSERT(from == Phase::starting);
            seed_.slot.heartbeat.store(loop_.now().time_since_epoch().count(), std::memory_order_relaxed);
            seed_.slot.state.store(shared::WorkerState::ready, std::memory_order_relaxed);
            send_report(seed_.channel.get(), {WorkerReport::Kind::ready});
            return;
        case Phase::accepting:
            ASSERT(from == Phase::ready || from == Phase::paused || from == Phase::standing_by);
            seed_.slot.state.store(shared::WorkerState::accepting, std::memory_order_relaxed);
            end_with_master(false);
            if (from == Phase::standing_by) service_->take_back();
            return take_turn();
        case Phase::paused:
            ASSERT(from == Phase::ready || from == Phase::accepting);
            end_with_master(false);
            seed_.slot.state.store(shared::WorkerState::ready, std::memory_order_relaxed);
            service_->stop_accepting();
            return;
        case Phase::standing_by:
            ASSERT(from == Phase::accepting || from == Phase::paused);
            seed_.slot.state.store(shared::WorkerState::ready, std::memory_order_relaxed);
            service_->stop_accepting();
            service_->stand_by();
            return;
        case Phase::emptying_queues:
            ASSERT(from == Phase::accepting);
            queues_until_ = loop_.now() + longest_emptying;
            return;
        case Phase::draining:
            seed_.slot.state.store(shared::WorkerState::draining, std::memory_order_relaxed);
            begin_draining();
            return;
        case Phase::ended: return;
    }
}

void Worker::advance() {
    if (orphaned_) look_after_orphan();
    switch (phase_) {
        case Phase::starting:
        case Phase::ready:
        case Phase::accepting:
        case Phase::paused:
        case Phase::standing_by:
        case Phase::ended: return;
        case Phase::emptying_queues:
            // While a queue still fills the loop does not sleep: its acceptors are called again and again.
            if (!queues_are_empty() && loop_.now() < queues_until_) return;
            enter(Phase::draining);
            [[fallthrough]];
        case Phase::draining:
            if (service_->is_empty() ||
                loop_.now() >= drain_->deadline + drain_->close_spread + patience_after_deadline)
                enter(Phase::ended);
            return;
    }
}

void Worker::on_ready() noexcept {
    WorkerOrder order{};
    Fd descriptor;
    switch (receive_order(seed_.channel.get(), order, descriptor)) {
        case ChannelState::message: obey(order, std::move(descriptor)); return;
        case ChannelState::nothing_more: return;
        case ChannelState::hung_up: on_master_gone(); return;
    }
}

void Worker::on_signal(int number, pid_t sender) noexcept {
    if (number == SIGINT) return start_drain({loop_.now(), Duration{0}, loop_.now()});
    log::info("worker.signal").with("signal", signal_name(number)).with("from", sender);
    const auto& drain = seed_.config->drain;
    start_drain(own_drain_order(number == SIGTERM ? drain.stop_timeout : drain.timeout));
}

void Worker::obey(const WorkerOrder& order, Fd descriptor) {
    switch (order.kind) {
        case WorkerOrder::Kind::accept: return accept(order.share);
        case WorkerOrder::Kind::stop_accepting:
            if (phase_ == Phase::ready || phase_ == Phase::accepting) enter(Phase::paused);
            return;
        case WorkerOrder::Kind::stand_by:
            if (phase_ == Phase::accepting || phase_ == Phase::paused) enter(Phase::standing_by);
            return;
        case WorkerOrder::Kind::drain: start_drain(order.drain_order()); return;
        case WorkerOrder::Kind::reopen_logs: return reopen_logs();
        case WorkerOrder::Kind::use_certificates: use_certificates(descriptor); return;
        case WorkerOrder::Kind::hand_over: hand_over(std::move(descriptor), order.batch); return;
        case WorkerOrder::Kind::take_over: take_over(std::move(descriptor)); return;
        case WorkerOrder::Kind::probe:
            if (descriptor) service_->probe(std::move(descriptor), order.listener);
            return;
    }
}

void Worker::accept(AcceptShare share) {
    share_ = share;
    if (phase_ == Phase::accepting) return take_turn();
    if (phase_ == Phase::ready || phase_ == Phase::paused || phase_ == Phase::standing_by)
        enter(Phase::accepting);
}

void Worker::take_turn() {
    if (phase_ != Phase::accepting) return;
    share_.contains(loop_.now()) ? service_->start_accepting() : service_->stop_accepting();
    if (!share_.is_whole()) turn_.arm(share_.until_change(loop_.now()));
}

void Worker::reopen_logs() {
    log::reopen();
    service_->reopen_logs();
}

void Worker::hand_over(std::vector<Fd> links) {
    const std::uint32_t batch = last_batch_ + 1;
    for (auto& link : links) hand_over(std::move(link), batch);
}

void Worker::hand_over(Fd link, std::uint32_t batch) {
    if (!has_arrived(link)) return;
    last_batch_ = batch;
    switch (phase_) {
        case Phase::accepting:
        case Phase::paused:
        case Phase::standing_by:
        case Phase::emptying_queues:
        case Phase::draining: service_->hand_over(std::move(link), batch); return;
        case Phase::starting:
        case Phase::ready:
        case Phase::ended: return;
    }
}

void Worker::take_over(Fd link) {
    if (!has_arrived(link)) return;
    switch (phase_) {
        case Phase::ready:
        case Phase::accepting:
        case Phase::paused:
        case Phase::standing_by: service_->take_over(std::move(link)); return;
        case Phase::starting:
        case Phase::emptying_queues:
        case Phase::draining:
        case Phase::ended: return;
    }
}

void Worker::use_certificates(const Fd& packed) {
    auto certificates = tls::unpack_certificates(packed);
    if (certificates) return service_->use_certificates(std::move(*certificates));
    log::error("worker.certificates_not_understood").with("error", certificates.error());
}

void Worker::start_drain(const DrainOrder& order) {
    if (drain_ && drain_->deadline + drain_->close_spread < order.deadline + order.close_spread) return;
    drain_ = order;
    switch (phase_) {
        case Phase::starting:
        case Phase::ready:
        case Phase::paused:
        case Phase::standing_by: enter(Phase::draining); return;
        case Phase::accepting:
            enter(order.deadline > loop_.now() ? Phase::emptying_queues : Phase::draining);
            return;
        case Phase::emptying_queues:
        case Phase::ended: return;
        case Phase::draining: service_->drain(order); return;
    }
}

void Worker::begin_draining() {
    service_->stop_accepting();
    service_->drain(*drain_);
    // A removed listener must refuse from now on, not let clients wait in the queue of a socket that nobody
    // polls.
    for (auto& listener : seed_.listeners) listener.socket.reset();
    send_report(seed_.channel.get(), {WorkerReport::Kind::not_accepting});
}

void Worker::on_master_gone() {
    channel_watch_.stop();
    orphaned_ = true;
    alone_until_ = loop_.now() + patience_with_adopters;
    if (phase_ == Phase::starting || phase_ == Phase::ready) {
        enter(Phase::ended);  // never committed: the predecessor serves
        return;
    }
    if (auto interrupts = SignalSource::create(loop_, {SIGINT}, *this)) interrupts_ = std::move(*interrupts);
    log::crit("worker.master_gone").with("generation", seed_.generation);
    if (seed_.lifeline) lifeline_ = seed_.lifeline(loop_, static_cast<OrphanedWorker&>(*this));
}

std::span<const ListeningSocket> Worker::listeners() const {
    if (phase_ == Phase::draining || phase_ == Phase::ended) return {};
    return seed_.listeners;
}

void Worker::look_after_orphan() {
    if (lifeline_ && (lifeline_->is_held() || loop_.now() < alone_until_)) return;
    const bool serves = phase_ == Phase::accepting || phase_ == Phase::paused || phase_ == Phase::standing_by;
    if (serves && is_superseded()) start_drain(own_drain_order(seed_.config->drain.timeout));
}

bool Worker::is_superseded() {
    return std::ranges::any_of(seed_.memory.generations(), [this](const shared::GenerationSlot& slot) {
        const auto state = slot.state.load(std::memory_order_acquire);
        const auto number = slot.number.load(std::memory_order_relaxed);
        if (number == seed_.generation) return state == shared::GenerationState::closing;
        return number > seed_.generation && state == shared::GenerationState::serving;
    });
}

bool Worker::queues_are_empty() const {
    std::vector<pollfd> queues;
    for (const auto& listener : seed_.listeners) queues.push_back({listener.socket.get(), POLLIN, 0});
    return ::poll(queues.data(), queues.size(), 0) <= 0;
}

DrainOrder Worker::own_drain_order(Duration timeout) const {
    const auto& drain = seed_.config->drain;
    const TimePoint deadline = loop_.now() + timeout;
    return {deadline, drain.close_spread, std::min(deadline, loop_.now() + Duration{drain.idle_grace})};
}

void become_worker(WorkerSeed seed) {
    end_with_master(true);
    ignore_signals({SIGHUP, SIGINT, SIGUSR1, SIGUSR2, SIGWINCH, SIGPIPE});
    ::signal(SIGCHLD, SIG_DFL);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::prctl(PR_SET_NAME, "baton-worker");
    if (seed.material) tls::lock_secret_heap_again();

    std::vector<int> keep{seed.channel.get()};
    for (const auto& listener : seed.listeners) keep.push_back(listener.socket.get());
    keep.insert(keep.end(), seed.lifelines_descriptors.begin(), seed.lifelines_descriptors.end());
    for (const Fd* const end : {&seed.escrow.memory, &seed.escrow.channel})
        if (*end) keep.push_back(end->get());
    close_descriptors_of_master(keep, [&seed] {
        const auto origin = "g" + std::to_string(seed.generation) + "/w" + std::to_string(seed.index);
        if (log::configure(seed.config->logging, origin)) return;
        // The master has reported why. The log must let go of its descriptor all the same.
        auto fallback = seed.config->logging;
        fallback.output = "stderr";
        ASSERT(log::configure(fallback, origin));
    });

    int code = EX_OSERR;
    if (auto loop = EventLoop::create()) {
        Worker worker(**loop, std::move(seed));
        code = worker.run();
        ::_exit(code);
    }
    ::_exit(code);
}

}  // namespace baton
