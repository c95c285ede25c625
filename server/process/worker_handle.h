/// The master's side of one worker: forks it, hears it, notices its death or its silence, and replaces it.
#pragma once

#include "server/escrow/escrow_holder.h"
#include "server/event/event_loop.h"
#include "server/process/child_reaper.h"
#include "server/process/crash_backoff.h"
#include "server/process/heartbeat_monitor.h"
#include "server/process/worker_channel.h"
#include "server/shared/lineage_memory.h"

#include <memory>
#include <optional>

namespace baton {

struct WorkerSeed;
class WorkerHandle;

/// Owns the handles of a generation and tells each what to do.
class WorkerHandleOwner {
public:
    virtual ~WorkerHandleOwner() = default;
    /// Called in the child: what the worker is made of, its channel and its slot excepted.
    virtual WorkerSeed make_seed(std::uint32_t index, shared::WorkerSlot& slot, Fd channel) = 0;
    virtual void on_worker_ready(WorkerHandle& worker) = 0;
    virtual void on_worker_not_accepting(WorkerHandle& worker) = 0;
    /// It has ended; `status` as from waitpid. The owner may `start_again()` it.
    virtual void on_worker_ended(WorkerHandle& worker, int status) = 0;
};

///     absent ──start──► starting ──report──► ready ──process ends──► absent        (starting too may end)
///        └──start_again──► backing_off ──wait over──► starting
class WorkerHandle final : private ChildHandler, private WatchHandler {
public:
    struct Surroundings {
        EventLoop& loop;
        ChildReaper& reaper;
        shared::LineageMemory& memory;
        WorkerHandleOwner& owner;
        std::uint32_t generation;
        std::uint32_t escrow_cells = 0;  ///< 0 = no escrow
    };
    WorkerHandle(const Surroundings& surroundings, std::uint32_t index);
    ~WorkerHandle() override;

    /// Forks the process. Fails with what fork or socketpair said, or `limit` when the shared memory has no
    /// free slot.
    Result<void> start();
    /// Starts a replacement: at once, or after a wait when it has died too often.
    void start_again();
    /// No replacement any more.
    void give_up() { retry_.disarm(); }
    void order(const WorkerOrder& order, int descriptor = -1);
    void send_signal(int number) const;
    /// One look at its heartbeat: a worker that hangs gets SIGABRT (for the core), and SIGKILL at the next
    /// look.
    void check_heartbeat();

    /// When the worker in this place has last turned its loop, or the one before it.
    TimePoint last_turn() const;
    /// What the last process has left in escrow, once.
    std::optional<escrow::Estate> take_estate() { return std::exchange(estate_, std::nullopt); }

    bool is_alive() const { return pid_ > 0; }
    /// It drains and has said so, or does not live.
    bool has_stopped_accepting() const { return pid_ <= 0 || not_accepting_; }
    bool is_ready() const { return phase_ == Phase::ready; }
    pid_t pid() const { return pid_; }
    std::uint32_t index() const { return index_; }

private:
    enum class Phase : std::uint8_t { absent, backing_off, starting, ready };

    void on_exit(pid_t pid, int status) noexcept override;
    void on_ready() noexcept override;
    void hear(WorkerReport report);
    void hear_last_words();
    void on_retry();
    void wait_and_retry(TimePoint lived_since);
    void prepare_escrow();
    void close_escrow();

    Surroundings around_;
    std::uint32_t index_;
    Phase phase_ = Phase::absent;
    pid_t pid_ = 0;
    shared::WorkerSlot* slot_ = nullptr;
    Fd channel_;
    Watch channel_watch_;
    std::unique_ptr<escrow::EscrowHolder> escrow_;  // null without
    std::optional<escrow::Estate> estate_;
    TimePoint started_{};
    TimePoint turned_{};  // of those before the present one
    CrashBackoff backoff_;
    HeartbeatMonitor monitor_;
    bool aborted_ = false;
    bool not_accepting_ = false;
    Timer retry_;
};

}  // namespace baton
