/// The workers of one generation, as their master sees them: forked, kept alive, drained, gone.
#pragma once

#include "server/process/lifeline.h"
#include "server/process/privileges.h"
#include "server/process/service.h"
#include "server/process/worker_handle.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace baton {

class WorkerSetHandler {
public:
    virtual ~WorkerSetHandler() = default;
    /// Every worker has turned its loop. Called once.
    virtual void on_workers_ready() = 0;
    /// A worker ended before all were ready for the first time; it is not replaced.
    virtual void on_worker_not_ready(std::uint32_t index, int status) = 0;
    /// A worker that served has died; its replacement is on its way.
    virtual void on_worker_lost(std::uint32_t index, int status) = 0;
    /// The replacement is ready.
    virtual void on_worker_replaced(std::uint32_t /*index*/) {}
    /// The set was to drain, and none of its workers accepts any more. Called once, before `on_workers_gone`.
    virtual void on_workers_not_accepting() = 0;
    /// The set was to drain or to be killed, and its last worker has been reaped.
    virtual void on_workers_gone() = 0;
};

/// What a set consists of.
struct WorkerPlan {
    std::shared_ptr<const config::Config> config;
    std::shared_ptr<const tls::Material> material;  ///< null without TLS
    std::uint32_t generation = 0;
    Privileges privileges;
    ServiceFactory factory = nullptr;
    /// Called in the forked child: the listening sockets for the worker of this index, given away.
    std::function<std::vector<ListeningSocket>(std::uint32_t index)> listeners_of;
    /// Called in the forked child: how the worker is found once it has lost its master; empty: not at all.
    std::function<LifelineFactory()> lifeline{};
    /// Descriptors that the lifeline needs.
    std::vector<int> lifelines_descriptors{};
};

///     starting ──all ready──► waiting ──accept──► accepting ⇄ paused, standing_by
///         │                      │                    │         │
///         └──────drain, kill─────┴─────────┬──────────┴─────────┘
///                                          ▼
///                                       ending ──last one reaped──► gone
///
/// A worker that dies while waiting, accepting, paused or standing_by is replaced; the replacement is told to
/// accept if the set does.
class WorkerSet final : private WorkerHandleOwner {
public:
    WorkerSet(EventLoop& loop, ChildReaper& reaper, shared::LineageMemory& memory, WorkerPlan plan,
              WorkerSetHandler& handler);
    ~WorkerSet() override;

    /// Forks `process.workers` workers. On failure those already forked are killed and the set counts as
    /// gone.
    Result<void> start();
    /// Begins or resumes accepting, or changes the share.
    void accept(AcceptShare share = {});
    void stop_accepting();
    /// As above, and live connections go to a successor until `accept` or `drain`.
    void stand_by();
    /// The workers finish what they have and end; whoever is still there some seconds after the last deadline
    /// is killed.
    void drain(const DrainOrder& order);
    void reopen_logs();
    /// The workers show these to connections that begin from now on; so do workers that are started later.
    /// Fails with what the system said; then only the latter do.
    Result<void> use_certificates(std::shared_ptr<const tls::CertificateStore> certificates);
    /// Gives link k, which leads to a worker of the successor, to worker k modulo `workers()`; the first of
    /// `links` is number `first`, and a batch begins with number 0.
    void hand_over(std::vector<Fd> links, std::size_t first = 0);
    /// The same with links that lead to workers of the predecessor. A link whose worker does not live is
    /// closed, which its other side sees, and none is kept here.
    void take_over(std::vector<Fd> links, std::size_t first = 0);
    /// Gives a worker the master's own connection to one of the listeners; see Service::probe.
    void probe(std::uint32_t worker, std::uint32_t listener, const Fd& connection);
    /// What the dead worker of this index has left in escrow, once.
    std::optional<escrow::Estate> take_estate(std::uint32_t index) { return handles_[index]->take_estate(); }
    /// Who could adopt it.
    std::vector<std::uint32_t> indices_of_ready() const;
    /// SIGKILL to all, none is replaced.
    void kill();

    std::uint32_t ready_workers() const;
    /// When the worker that has been silent for longest has last turned its loop.
    TimePoint last_turn() const;
    std::uint32_t workers() const { return static_cast<std::uint32_t>(handles_.size()); }
    /// None of the workers takes a connection any more: they drain, or are gone.
    bool has_stopped_accepting() const { return stopped_accepting_; }
    bool is_gone() const { return phase_ == Phase::gone; }

private:
    enum class Phase : std::uint8_t { starting, waiting, accepting, paused, standing_by, ending, gone };

    WorkerSeed make_seed(std::uint32_t index, shared::WorkerSlot& slot, Fd channel) override;
    void on_worker_ready(WorkerHandle& worker) override;
    void on_worker_not_accepting(WorkerHandle& worker) override;
    void on_worker_ended(WorkerHandle& worker, int status) override;
    void enter(Phase phase);
    void order_all(const WorkerOrder& order, int descriptor = -1);
    void give_links(const WorkerOrder& order, std::vector<Fd> links, std::size_t first);
    void notice_end_of_accepting();
    void end_if_empty();
    void on_look();
    void on_patience_over() { kill(); }

    shared::LineageMemory& memory_;
    WorkerPlan plan_;
    std::shared_ptr<const tls::CertificateStore> certificates_;  // since the plan's material
    WorkerSetHandler& handler_;
    Phase phase_ = Phase::starting;
    bool stopped_accepting_ = false;
    AcceptShare share_;
    std::vector<std::unique_ptr<WorkerHandle>> handles_;
    std::uint32_t batches_ = 0;  // of links handed to the workers
    Timer look_;                 // at the heartbeats
    Timer patience_;             // with workers that should have drained
};

}  // namespace baton
