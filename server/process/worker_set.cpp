#include "server/process/worker_set.h"

#include "server/assert.h"
#include "server/log/log.h"
#include "server/process/worker.h"
#include "server/tls/certificate_codec.h"

#include <signal.h>

#include <algorithm>

namespace baton {
namespace {

/// A worker ends by itself two seconds after its last deadline; one that does not, hangs.
constexpr Duration patience_after_deadline = std::chrono::seconds{4};

}  // namespace

WorkerSet::WorkerSet(EventLoop& loop, ChildReaper& reaper, shared::LineageMemory& memory, WorkerPlan plan,
                     WorkerSetHandler& handler)
    : memory_(memory),
      plan_(std::move(plan)),
      handler_(handler),
      look_(Timer::calling<&WorkerSet::on_look>(loop.timers(), *this)),
      patience_(Timer::calling<&WorkerSet::on_patience_over>(loop.timers(), *this)) {
    const WorkerHandle::Surroundings surroundings{
        loop, reaper, memory, *this, plan_.generation, escrow::cells_for_worker(plan_.config->process)};
    for (std::uint32_t index = 0; index < std::max(1U, plan_.config->process.workers); ++index)
        handles_.push_back(std::make_unique<WorkerHandle>(surroundings, index));
}

WorkerSet::~WorkerSet() = default;

Result<void> WorkerSet::start() {
    for (auto& handle : handles_) {
        if (auto started = handle->start(); !started) {
            phase_ = Phase::ending;
            for (auto& other : handles_) other->send_signal(SIGKILL);
            return started;
        }
    }
    look_.arm(HeartbeatMonitor::interval);
    return {};
}

void WorkerSet::accept(AcceptShare share) {
    share_ = share;
    if (phase_ == Phase::accepting) return order_all(WorkerOrder::accept(share_));
    if (phase_ == Phase::waiting || phase_ == Phase::paused || phase_ == Phase::standing_by)
        enter(Phase::accepting);
}

void WorkerSet::stop_accepting() {
    if (phase_ == Phase::waiting || phase_ == Phase::accepting) enter(Phase::paused);
}

void WorkerSet::stand_by() {
    if (phase_ == Phase::accepting || phase_ == Phase::paused) enter(Phase::standing_by);
}

void WorkerSet::drain(const DrainOrder& order) {
    if (phase_ == Phase::gone) return;
    const TimePoint end = order.deadline + order.close_spread + patience_after_deadline;
    if (!patience_.armed() || end < patience_.due()) patience_.arm_at(end);
    if (phase_ != Phase::ending) enter(Phase::ending);
    order_all(WorkerOrder::drain(order));
    end_if_empty();
}

void WorkerSet::reopen_logs() {
    order_all({WorkerOrder::Kind::reopen_logs});
}

Result<void> WorkerSet::use_certificates(std::shared_ptr<const tls::CertificateStore> certificates) {
    certificates_ = std::move(certificates);
    auto packed = tls::pack_certificates(*certificates_);
    if (!packed) return tl::unexpected(packed.error());
    order_all({WorkerOrder::Kind::use_certificates}, packed->get());
    return {};
}

void WorkerSet::hand_over(std::vector<Fd> links, std::size_t first) {
    if (first == 0) ++batches_;
    WorkerOrder order{WorkerOrder::Kind::hand_over};
    order.batch = batches_;
    give_links(order, std::move(links), first);
}

void WorkerSet::take_over(std::vector<Fd> links, std::size_t first) {
    give_links({WorkerOrder::Kind::take_over}, std::move(links), first);
}

void WorkerSet::probe(std::uint32_t worker, std::uint32_t listener, const Fd& connection) {
    WorkerOrder order{WorkerOrder::Kind::probe};
    order.listener = listener;
    handles_[worker]->order(order, connection.get());
}

void WorkerSet::kill() {
    if (phase_ == Phase::gone) return;
    if (phase_ != Phase::ending) enter(Phase::ending);
    for (auto& handle : handles_) handle->send_signal(SIGKILL);
    end_if_empty();
}

std::uint32_t WorkerSet::ready_workers() const {
    return static_cast<std::uint32_t>(
        std::ranges::count_if(handles_, [](const auto& handle) { return handle->is_ready(); }));
}

TimePoint WorkerSet::last_turn() const {
    TimePoint oldest = TimePoint::max();
    for (const auto& handle : handles_) oldest = std::min(oldest, handle->last_turn());
    return oldest;
}

std::vector<std::uint32_t> WorkerSet::indices_of_ready() const {
    std::vector<std::uint32_t> indices;
    for (const auto& handle : handles_)
        if (handle->is_ready()) indices.push_back(handle->index());
    return indices;
}

void WorkerSet::enter(Phase phase) {
    const Phase from = phase_;
    phase_ = phase;
    switch (phase) {
        case Phase::starting: ASSERT(false); return;
        case Phase::waiting:
            ASSERT(from == Phase::starting);
            handler_.on_workers_ready();
            return;
        case Phase::accepting:
            ASSERT(from == Phase::waiting || from == Phase::paused || from == Phase::standing_by);
            order_all(WorkerOrder::accept(share_));
            return;
        case Phase::paused:
            ASSERT(from == Phase::waiting || from == Phase::accepting);
            order_all({WorkerOrder::Kind::stop_accepting});
            return;
        case Phase::standing_by:
            ASSERT(from == Phase::accepting || from == Phase::paused);
            order_all({WorkerOrder::Kind::stand_by});
            return;
        case Phase::ending:
            ASSERT(from != Phase::gone);
            for (auto& handle : handles_) handle->give_up();
            return;
        case Phase::gone:
            ASSERT(from == Phase::ending);
            look_.disarm();
            patience_.disarm();
            handler_.on_workers_gone();
            return;
    }
}

WorkerSeed WorkerSet::make_seed(std::uint32_t index, shared::WorkerSlot& slot, Fd channel) {
    WorkerSeed seed{
        plan_.config,     plan_.material, certificates_,      plan_.listeners_of(index), memory_,      slot,
        plan_.generation, index,          std::move(channel), plan_.privileges,          plan_.factory};
    if (plan_.lifeline) {
        seed.lifeline = plan_.lifeline();
        seed.lifelines_descriptors = plan_.lifelines_descriptors;
    }
    return seed;
}

void WorkerSet::on_worker_ready(WorkerHandle& worker) {
    switch (phase_) {
        case Phase::starting:
            if (ready_workers() == workers()) enter(Phase::waiting);
            return;
        case Phase::accepting: worker.order(WorkerOrder::accept(share_)); break;
        case Phase::paused:
        case Phase::standing_by: worker.order({WorkerOrder::Kind::stop_accepting}); break;
        case Phase::waiting: break;
        case Phase::ending:
        case Phase::gone: return;
    }
    handler_.on_worker_replaced(worker.index());
}

void WorkerSet::on_worker_not_accepting(WorkerHandle&) {
    notice_end_of_accepting();
}

void WorkerSet::on_worker_ended(WorkerHandle& worker, int status) {
    switch (phase_) {
        case Phase::starting: handler_.on_worker_not_ready(worker.index(), status); return;
        case Phase::waiting:
        case Phase::accepting:
        case Phase::paused:
        case Phase::standing_by:
            log::crit("worker.died")
                .with("generation", plan_.generation)
                .with("worker", worker.index())
                .with("status", describe_exit(status));
            worker.start_again();
            handler_.on_worker_lost(worker.index(), status);
            return;
        case Phase::ending:
            worker.take_estate();  // of a generation that goes nobody adopts anything: it is closed
            if (status != 0)
                log::warn("worker.died")
                    .with("generation", plan_.generation)
                    .with("worker", worker.index())
                    .with("status", describe_exit(status));
            end_if_empty();
            return;
        case Phase::gone: return;
    }
}

void WorkerSet::order_all(const WorkerOrder& order, int descriptor) {
    for (auto& handle : handles_) handle->order(order, descriptor);
}

void WorkerSet::give_links(const WorkerOrder& order, std::vector<Fd> links, std::size_t first) {
    for (std::size_t i = 0; i < links.size(); ++i) {
        WorkerHandle& worker = *handles_[(first % handles_.size() + i) % handles_.size()];
        if (worker.is_alive()) worker.order(order, links[i].get());
    }
}

void WorkerSet::notice_end_of_accepting() {
    if (phase_ != Phase::ending || stopped_accepting_) return;
    stopped_accepting_ =
        std::ranges::all_of(handles_, [](const auto& h) { return h->has_stopped_accepting(); });
    if (stopped_accepting_) handler_.on_workers_not_accepting();
}

void WorkerSet::end_if_empty() {
    notice_end_of_accepting();
    if (phase_ == Phase::ending &&
        std::ranges::none_of(handles_, [](const auto& h) { return h->is_alive(); }))
        enter(Phase::gone);
}

void WorkerSet::on_look() {
    for (auto& handle : handles_) handle->check_heartbeat();
    look_.arm(HeartbeatMonitor::interval);
}

}  // namespace baton
