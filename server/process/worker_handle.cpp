#include "server/process/worker_handle.h"

#include "server/assert.h"
#include "server/log/log.h"
#include "server/process/system_call_filter.h"
#include "server/process/worker.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace baton {
namespace {

/// For a replacement; the first workers of a generation have upgrade.ready_timeout. Looking names up takes
/// its time.
constexpr Duration longest_start = std::chrono::seconds{60};

}  // namespace

WorkerHandle::WorkerHandle(const Surroundings& surroundings, std::uint32_t index)
    : around_(surroundings),
      index_(index),
      retry_(Timer::calling<&WorkerHandle::on_retry>(around_.loop.timers(), *this)) {}

WorkerHandle::~WorkerHandle() {
    if (pid_ > 0) around_.reaper.forget(pid_);
}

Result<void> WorkerHandle::start() {
    ASSERT(pid_ == 0);
    auto ends = make_worker_channel();
    if (!ends) return tl::unexpected(ends.error());
    shared::WorkerSlot* const slot = around_.memory.claim(around_.generation, index_);
    if (slot == nullptr) return failure(Reason::limit, Side::internal);

    prepare_escrow();
    const pid_t child = ::fork();
    if (child == 0) {
        WorkerSeed seed = around_.owner.make_seed(index_, *slot, std::move(ends->worker));
        if (escrow_) seed.escrow = escrow_->give_to_worker();
        become_worker(std::move(seed));
    }
    if (child < 0) {
        const int error = errno;
        around_.memory.release(*slot);
        return failure(reason_of(error), Side::internal, error);
    }
    slot_ = slot;
    slot_->pid.store(child, std::memory_order_release);
    pid_ = child;
    phase_ = Phase::starting;
    started_ = around_.loop.now();
    monitor_ = HeartbeatMonitor{};
    aborted_ = false;
    not_accepting_ = false;
    channel_ = std::move(ends->master);
    around_.reaper.watch(child, *this);
    if (auto watched = channel_watch_.start(around_.loop, channel_.get(), *this, Trigger::level); !watched)
        ::kill(child, SIGKILL);  // nobody would hear it; its end is reported as any other
    if (escrow_ && !escrow_->start()) escrow_.reset();  // as above, and the worker sees that it hung up
    log::debug("worker.started")
        .with("generation", around_.generation)
        .with("worker", index_)
        .with("pid", child);
    return {};
}

/// A worker without is better than none.
void WorkerHandle::prepare_escrow() {
    escrow_.reset();
    if (around_.escrow_cells == 0) return;
    auto holder = escrow::EscrowHolder::create(around_.loop, around_.escrow_cells);
    if (holder)
        escrow_ = std::move(*holder);
    else
        log::error("escrow.not_made").with("worker", index_).with("error", holder.error());
}

void WorkerHandle::close_escrow() {
    estate_.reset();
    if (!escrow_) return;
    auto estate = escrow_->close();
    escrow_.reset();
    if (estate)
        estate_ = std::move(*estate);
    else
        log::error("escrow.not_read").with("worker", index_).with("error", estate.error());
}

void WorkerHandle::start_again() {
    wait_and_retry(started_);
}

void WorkerHandle::wait_and_retry(TimePoint lived_since) {
    const Duration wait = backoff_.after_death(lived_since, around_.loop.now());
    phase_ = Phase::backing_off;
    if (wait > Duration{0}) {
        log::warn("worker.backing_off").with("worker", index_).with("wait", wait);
        retry_.arm(wait);
        return;
    }
    on_retry();
}

void WorkerHandle::on_retry() {
    if (auto started = start(); !started) {
        log::crit("worker.fork_failed").with("worker", index_).with("error", started.error());
        phase_ = Phase::backing_off;
        retry_.arm(std::chrono::milliseconds{500});
    }
}

void WorkerHandle::order(const WorkerOrder& order, int descriptor) {
    if (channel_ && !send_order(channel_.get(), order, descriptor))
        log::warn("worker.order_lost").with("worker", index_).with("pid", pid_);
}

void WorkerHandle::send_signal(int number) const {
    if (pid_ > 0) ::kill(pid_, number);
}

TimePoint WorkerHandle::last_turn() const {
    if (slot_ == nullptr) return turned_;
    return std::max(turned_, TimePoint{Duration{slot_->heartbeat.load(std::memory_order_relaxed)}});
}

void WorkerHandle::check_heartbeat() {
    if (phase_ == Phase::starting && around_.loop.now() - started_ > longest_start)
        return send_signal(SIGKILL);
    if (phase_ != Phase::ready) return;
    if (aborted_) return send_signal(SIGKILL);
    if (!monitor_.is_hung(slot_->heartbeat.load(std::memory_order_relaxed), pid_)) return;
    log::crit("worker.hung").with("generation", around_.generation).with("worker", index_).with("pid", pid_);
    aborted_ = true;
    send_signal(SIGABRT);
}

void WorkerHandle::on_ready() noexcept {
    WorkerReport report{};
    switch (receive_report(channel_.get(), report)) {
        case ChannelState::message: hear(report); return;
        case ChannelState::nothing_more: return;
        case ChannelState::hung_up: channel_watch_.stop(); return;  // SIGCHLD tells the rest
    }
}

void WorkerHandle::hear(WorkerReport report) {
    switch (report.kind) {
        case WorkerReport::Kind::ready:
            if (phase_ != Phase::starting) return;
            phase_ = Phase::ready;
            around_.owner.on_worker_ready(*this);
            return;
        case WorkerReport::Kind::not_accepting:
            not_accepting_ = true;
            around_.owner.on_worker_not_accepting(*this);
            return;
        case WorkerReport::Kind::forbidden_call:
            log::crit("worker.forbidden_call")
                .with("generation", around_.generation)
                .with("worker", index_)
                .with("pid", pid_)
                .with("system_call", system_call_name(report.system_call));
            return;
    }
}

/// Nobody may have listened since it said why it must die.
void WorkerHandle::hear_last_words() {
    WorkerReport report;
    while (receive_report(channel_.get(), report) == ChannelState::message)
        if (report.kind == WorkerReport::Kind::forbidden_call) hear(report);
}

void WorkerHandle::on_exit(pid_t, int status) noexcept {
    channel_watch_.stop();
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS) hear_last_words();
    channel_.reset();
    turned_ = last_turn();
    close_escrow();
    around_.memory.release(*slot_);
    slot_ = nullptr;
    pid_ = 0;
    phase_ = Phase::absent;
    around_.owner.on_worker_ended(*this, status);
}

}  // namespace baton
