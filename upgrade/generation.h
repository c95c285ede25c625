/// One generation of this master: a configuration, its listening sockets and its workers.
#pragma once

#include "server/process/worker_set.h"
#include "upgrade/control_message.h"
#include "upgrade/escrow/estates.h"
#include "upgrade/listener_set.h"
#include "upgrade/self_probe.h"

#include <memory>
#include <optional>
#include <string>

namespace baton::upgrade {

class Generation;

class GenerationHandler {
public:
    virtual ~GenerationHandler() = default;
    /// Every worker has turned its loop with its listeners, and answered a request through each.
    virtual void on_generation_ready(Generation& generation) = 0;
    /// A worker ended before that, or gave no answer. The handler kills the generation.
    virtual void on_generation_failed(Generation& generation, const std::string& reason) = 0;
    /// One of its workers has died; another is started in its place.
    virtual void on_generation_lost_worker(Generation&) {}
    /// It drains, and none of its workers takes a connection any more.
    virtual void on_generation_not_accepting(Generation& generation) = 0;
    /// The last worker has been reaped, after a drain or a kill.
    virtual void on_generation_gone(Generation& generation) = 0;
};

/// What every generation of one master shares.
struct GenerationGround {
    EventLoop& loop;
    ChildReaper& reaper;
    shared::LineageMemory& memory;
    ServiceFactory factory;
    const Hello& hello;       ///< what this master says of itself
    int lineage_socket = -1;  ///< where orphans wait; -1 = nowhere
};

///     starting ──ready──► waiting ──serve──► serving ──drain──► draining ──close_early──► closing
///                                            ▲     │ stand_by       ▲
///                                  take_back │     ▼                │ drain
///                                            standing_by ───────────┘
///         │                  │                  │                   │                        │
///         └──────────────────┴─ kill, drain ────┴───────────────────┴──► last one reaped ────┴──► gone
///
/// Its slot in the lineage's memory says the same to every master.
class Generation final : public Disposable, private WorkerSetHandler {
public:
    Generation(const GenerationGround& ground, std::uint32_t number,
               std::shared_ptr<const config::Config> config, std::shared_ptr<const tls::Material> material,
               ListenerSet listeners, const Privileges& privileges);
    ~Generation() override;

    /// Forks the workers; `handler` hears of everything that follows. Fails with words.
    tl::expected<void, std::string> start(GenerationHandler& handler);
    void set_handler(GenerationHandler& handler) { handler_ = &handler; }

    /// The switch: options are applied, removed sockets are closed, the workers accept.
    void serve(AcceptShare share = {});
    /// A successor on trial takes the rest of the new connections.
    void share_accepting(AcceptShare share) { workers_.accept(share); }
    void stop_accepting() { workers_.stop_accepting(); }
    /// A successor is on trial: it takes new connections and the live ones, until `take_back` or `drain`.
    void stand_by();
    void take_back();
    /// A successor, or nobody, takes the listeners: this master's copies are closed. An order that ends later
    /// than one before is ignored.
    void drain(const DrainOrder& order);
    void reopen_logs() { workers_.reopen_logs(); }
    /// New connections are shown these from now on.
    void use_certificates(std::shared_ptr<const tls::CertificateStore> certificates);
    /// As of WorkerSet: links to the workers of the successor, of the predecessor.
    void hand_over(std::vector<Fd> links, std::size_t first = 0) {
        workers_.hand_over(std::move(links), first);
    }
    void take_over(std::vector<Fd> links, std::size_t first = 0) {
        workers_.take_over(std::move(links), first);
    }
    void kill();

    std::uint32_t number() const { return number_; }
    /// When the worker that has been silent for longest has last turned its loop.
    TimePoint last_turn() const { return workers_.last_turn(); }
    std::uint32_t worker_count() const { return workers_.workers(); }
    const std::shared_ptr<const config::Config>& config() const { return config_; }
    /// Null without TLS.
    const std::shared_ptr<const tls::Material>& material() const { return material_; }
    ListenerSet& listeners() { return listeners_; }
    const ListenerSet& listeners() const { return listeners_; }
    bool is_gone() const { return workers_.is_gone(); }
    bool has_stopped_accepting() const { return workers_.has_stopped_accepting(); }

private:
    Heirs heirs();
    WorkerPlan make_plan(const Privileges& privileges);
    LifelineFactory lifeline() const;
    void on_workers_ready() override;
    void on_probed(const std::string& failure);
    void stop_probing();
    void on_worker_not_ready(std::uint32_t index, int status) override;
    void on_worker_lost(std::uint32_t index, int status) override;
    void on_worker_replaced(std::uint32_t) override { estates_.go_on(); }
    void on_workers_not_accepting() override;
    void on_workers_gone() override;
    void mark(shared::GenerationState state);
    void note_begin_of_drain();
    void note_end_of_drain();
    void release_slot();

    GenerationGround ground_;
    std::uint32_t number_;
    std::shared_ptr<const config::Config> config_;
    std::shared_ptr<const tls::Material> material_;
    ListenerSet listeners_;
    shared::GenerationSlot* slot_;
    GenerationHandler* handler_ = nullptr;
    std::optional<DrainOrder> drain_;
    WorkerSet workers_;
    std::unique_ptr<SelfProbe> probe_;  // from all workers' readiness to their answers
    Estates estates_;
};

}  // namespace baton::upgrade
