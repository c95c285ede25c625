/// A worker process, from its fork to its exit: one thread, one loop, one service.
#pragma once

#include "server/escrow/escrow_channel.h"
#include "server/event/event_loop.h"
#include "server/process/lifeline.h"
#include "server/process/privileges.h"
#include "server/process/service.h"
#include "server/process/signals.h"
#include "server/process/worker_channel.h"

#include <memory>
#include <optional>
#include <vector>

namespace baton {

/// What a fork leaves in a worker's hands.
struct WorkerSeed {
    std::shared_ptr<const config::Config> config;
    std::shared_ptr<const tls::Material> material;
    std::shared_ptr<const tls::CertificateStore> certificates;  ///< in place of the material's; null = those
    std::vector<ListeningSocket> listeners;                     ///< those that it accepts from
    shared::LineageMemory& memory;
    shared::WorkerSlot& slot;
    std::uint32_t generation;
    std::uint32_t index;
    Fd channel;  ///< its end of the channel to the master
    Privileges privileges;
    ServiceFactory factory;
    LifelineFactory lifeline{};  ///< empty: an orphan decides for itself
    std::vector<int> lifelines_descriptors{};
    escrow::EscrowEnds escrow{};  ///< empty without process.escrow
};

/// The child's side of a worker:
///
///     starting ──one turn──► ready ──accept──► accepting ⇄ paused          (stop_accepting, accept)
///                              │                   │         │
///                              │                 drain     drain
///                              │                   ▼         │
///                              │           emptying_queues   │             accepts until each queue was once
///                              empty │                   ▼         ▼ └──drain────────► draining ◄──┘
///                                                  ▼ empty, or past the last deadline
///                                                ended
///
/// While its successor is on trial a worker that accepted, or was paused, is standing_by (stand_by): as
/// paused, but it gives its connections away. It accepts again (accept), or drains.
///
/// Links to other workers may come whenever it makes sense: to one that gives while this one does not drain
/// yet (ready, accepting, paused, standing_by), to one that takes once this one has accepted (accepting and
/// later). A link that comes too early or too late is closed, which its other side sees.
///
/// Without its master (the channel hung up) a worker that never accepted ends at once, even one that hangs;
/// one that accepts goes on until another master adopts it and decides, or until a younger generation serves,
/// and then drains on its own. TERM and QUIT drain a single worker, INT ends an orphaned one.
class Worker final : private WatchHandler, private SignalHandler, private OrphanedWorker {
public:
    Worker(EventLoop& loop, WorkerSeed seed);
    ~Worker() override;
    /// Builds the service, gives up privileges, and serves until drained. Returns the process's exit code.
    int run();

private:
    enum class Phase : std::uint8_t {
        starting,
        ready,
        accepting,
        paused,
        standing_by,
        emptying_queues,
        draining,
        ended
    };

    bool prepare();
    void enter(Phase phase);
    void advance();
    void on_ready() noexcept override;
    void on_signal(int number, pid_t sender) noexcept override;
    void obey(const WorkerOrder& order, Fd descriptor);
    void accept(AcceptShare share);
    void take_turn();
    void hand_over(Fd link, std::uint32_t batch);
    void take_over(Fd link);
    void use_certificates(const Fd& packed);
    void start_drain(const DrainOrder& order);
    void begin_draining();
    void on_master_gone();
    bool is_superseded();
    bool queues_are_empty() const;
    void look_after_orphan();
    std::span<const ListeningSocket> listeners() const override;
    void hand_over(std::vector<Fd> links) override;
    void drain(const DrainOrder& order) override { start_drain(order); }
    void reopen_logs() override;
    DrainOrder own_drain_order(Duration timeout) const;

    EventLoop& loop_;
    WorkerSeed seed_;
    Phase phase_ = Phase::starting;
    std::unique_ptr<SignalSource> signals_;
    std::unique_ptr<SignalSource> interrupts_;  // once orphaned: INT came to the master before
    Watch channel_watch_;
    std::unique_ptr<Service> service_;
    std::optional<DrainOrder> drain_;
    TimePoint queues_until_{};
    AcceptShare share_;  // while accepting
    Timer turn_ =
        Timer::calling<&Worker::take_turn>(loop_.timers(), *this);  // ends when the share begins or ends
    std::uint32_t last_batch_ = 0;                                  // of links
    bool orphaned_ = false;
    TimePoint alone_until_{};             // then an orphan that nobody has adopted decides for itself
    std::unique_ptr<Lifeline> lifeline_;  // once orphaned
};

/// Turns a freshly forked child into the worker that `seed` describes. Never returns to the master's code.
[[noreturn]] void become_worker(WorkerSeed seed);

}  // namespace baton
