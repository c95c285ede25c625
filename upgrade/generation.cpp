#include "upgrade/generation.h"

#include "server/log/log.h"
#include "server/shared/shared_text.h"
#include "server/version.h"
#include "upgrade/orphan.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cstring>

namespace baton::upgrade {

Generation::Generation(const GenerationGround& ground, std::uint32_t number,
                       std::shared_ptr<const config::Config> config,
                       std::shared_ptr<const tls::Material> material, ListenerSet listeners,
                       const Privileges& privileges)
    : ground_(ground),
      number_(number),
      config_(std::move(config)),
      material_(std::move(material)),
      listeners_(std::move(listeners)),
      slot_(ground.memory.claim_generation(number)),
      workers_(ground.loop, ground.reaper, ground.memory, make_plan(privileges),
               static_cast<WorkerSetHandler&>(*this)),
      estates_(ground.loop, heirs()) {
    if (slot_ == nullptr) return;  // more generations than the memory shows: this one is not shown
    shared::copy_text(slot_->version, version);
    shared::copy_text(slot_->config_hash, config_->hash);
}

Generation::~Generation() {
    release_slot();
}

Heirs Generation::heirs() {
    return {[this] { return workers_.indices_of_ready(); },
            [this](Fd link, std::uint32_t index) {
                std::vector<Fd> links;
                links.push_back(std::move(link));
                workers_.take_over(std::move(links), index);
            }};
}

WorkerPlan Generation::make_plan(const Privileges& privileges) {
    WorkerPlan plan;
    plan.config = config_;
    plan.material = material_;
    plan.generation = number_;
    plan.privileges = privileges;
    plan.factory = ground_.factory;
    plan.listeners_of = [this](std::uint32_t index) {
        return listeners_.give_to_worker(index, worker_count());
    };
    if (ground_.lineage_socket >= 0) {
        plan.lifeline = [this] { return lifeline(); };
        plan.lifelines_descriptors = {ground_.lineage_socket, ground_.memory.descriptor()};
    }
    return plan;
}

/// Called in a forked child.
LifelineFactory Generation::lifeline() const {
    Foundling::Facts facts{ground_.lineage_socket, ::geteuid(), ground_.hello, ground_.memory};
    facts.hello.pid = static_cast<std::uint32_t>(::getpid());
    facts.hello.generation = number_;
    const bool hands_over = config_->upgrade.handover != config::Handover::off;
    return [facts, hands_over](EventLoop& loop, OrphanedWorker& worker) {
        return std::make_unique<Orphan>(loop, worker, facts, hands_over);
    };
}

tl::expected<void, std::string> Generation::start(GenerationHandler& handler) {
    handler_ = &handler;
    log::info("generation.starting")
        .with("generation", number_)
        .with("version", version)
        .with("config_hash", config_->hash)
        .with("workers", worker_count());
    if (auto started = workers_.start(); !started)
        return tl::unexpected(std::string("cannot fork a worker: ") +
                              (started.error().os_error != 0 ? std::strerror(started.error().os_error)
                                                             : "the lineage has too many"));
    return {};
}

void Generation::serve(AcceptShare share) {
    listeners_.commit();
    mark(shared::GenerationState::serving);
    workers_.accept(share);
}

void Generation::stand_by() {
    mark(shared::GenerationState::standing_by);
    workers_.stand_by();
    log::notice("generation.standing_by").with("generation", number_);
}

void Generation::take_back() {
    mark(shared::GenerationState::serving);
    workers_.accept();
    log::notice("generation.taken_back").with("generation", number_);
}

void Generation::drain(const DrainOrder& order) {
    const TimePoint end = order.deadline + order.close_spread;
    if (drain_ && end >= drain_->deadline + drain_->close_spread) return;
    if (!drain_) note_begin_of_drain();
    drain_ = order;
    if (slot_ != nullptr) {
        slot_->deadline.store(order.deadline.time_since_epoch().count(), std::memory_order_relaxed);
        slot_->close_spread.store(order.close_spread.count(), std::memory_order_relaxed);
    }
    mark(order.deadline <= ground_.loop.now() ? shared::GenerationState::closing
                                              : shared::GenerationState::draining);
    log::notice("generation.draining")
        .with("generation", number_)
        .with("deadline", order.deadline - ground_.loop.now());
    stop_probing();
    listeners_ = ListenerSet{};
    estates_.give_up();
    workers_.drain(order);
}

void Generation::use_certificates(std::shared_ptr<const tls::CertificateStore> certificates) {
    if (auto used = workers_.use_certificates(std::move(certificates)); !used)
        log::error("certificate.not_passed_on").with("generation", number_).with("error", used.error());
}

void Generation::kill() {
    stop_probing();
    mark(shared::GenerationState::closing);
    estates_.give_up();
    workers_.kill();
}

void Generation::on_workers_ready() {
    probe_ = std::make_unique<SelfProbe>(
        ground_.loop, config_, material_,
        [this](std::uint32_t worker, std::uint32_t listener, Fd connection) {
            workers_.probe(worker, listener, connection);
        },
        [this](const std::string& failure) { on_probed(failure); });
    probe_->start();
}

void Generation::on_probed(const std::string& failure) {
    ground_.loop.destroy_later(std::move(probe_));
    if (failure.empty()) return handler_->on_generation_ready(*this);
    handler_->on_generation_failed(*this, failure);
}

void Generation::stop_probing() {
    if (!probe_) return;
    probe_->stop();
    ground_.loop.destroy_later(std::move(probe_));
}

void Generation::on_worker_not_ready(std::uint32_t index, int status) {
    handler_->on_generation_failed(*this, "worker " + std::to_string(index) + " of generation " +
                                              std::to_string(number_) + " " + describe_exit(status) +
                                              " before it was ready");
}

void Generation::on_worker_lost(std::uint32_t index, int status) {
    // The set has logged it and starts another one. A worker that has ended by itself has closed what it had.
    auto estate = workers_.take_estate(index);
    if (estate && !(WIFEXITED(status) && WEXITSTATUS(status) == 0)) estates_.add(index, std::move(*estate));
    if (slot_ != nullptr) slot_->worker_deaths.fetch_add(1, std::memory_order_relaxed);
    if (handler_ != nullptr) handler_->on_generation_lost_worker(*this);
}

void Generation::on_workers_not_accepting() {
    if (handler_ != nullptr) handler_->on_generation_not_accepting(*this);
}

void Generation::on_workers_gone() {
    if (slot_ != nullptr) {
        const auto total = [this](shared::Counter counter) { return ground_.memory.total(counter, *slot_); };
        log::notice("generation.exited")
            .with("generation", number_)
            .with("moved_out", total(shared::Counter::connections_moved_out))
            .with("move_refused", total(shared::Counter::connections_move_refused))
            .with("drain_closed", total(shared::Counter::drain_closed));
    } else {
        log::notice("generation.exited").with("generation", number_);
    }
    note_end_of_drain();
    release_slot();
    if (handler_ != nullptr) handler_->on_generation_gone(*this);
}

void Generation::note_begin_of_drain() {
    if (slot_ == nullptr) return;
    slot_->drain_began.store(ground_.loop.now().time_since_epoch().count(), std::memory_order_relaxed);
    slot_->had_at_drain.store(
        ground_.memory.open_connections(*slot_) + ground_.memory.taken_connections(*slot_),
        std::memory_order_relaxed);
}

void Generation::note_end_of_drain() {
    if (slot_ == nullptr || !drain_) return;
    const TimePoint began{Duration{slot_->drain_began.load(std::memory_order_relaxed)}};
    ground_.memory.replacements().add_drain(ground_.memory.drained_connections(*slot_),
                                            ground_.loop.now() - began);
}

void Generation::mark(shared::GenerationState state) {
    if (slot_ != nullptr) slot_->state.store(state, std::memory_order_release);
}

void Generation::release_slot() {
    mark(shared::GenerationState::free);
    slot_ = nullptr;
}

}  // namespace baton::upgrade
