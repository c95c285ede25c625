/// The memory that all processes of a lineage share: heartbeats, gauges and counters of every worker, so that
/// nothing falls back to zero when a generation is replaced, what became of replacements, and the keys of
/// session tickets.
///
/// One memfd with a versioned header, made by the first master and inherited by every later one. Each worker
/// writes only its own slot, with relaxed stores; the masters read. A slot is freed when its worker has been
/// reaped, after its counters were added to the lineage's totals.
#pragma once

#include "server/event/fd.h"
#include "server/result.h"
#include "server/shared/latency_histogram.h"
#include "server/shared/replacement_ledger.h"
#include "server/shared/ticket_key_ring.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace baton::shared {

/// Counts up for ever.
enum class Counter : std::uint8_t {
    connections_accepted,
    requests,
    responses_1xx,
    responses_2xx,
    responses_3xx,
    responses_4xx,
    responses_5xx,
    bytes_received,
    bytes_sent,  // downstream, application bytes
    websockets_opened,
    websockets_closed,
    pings_sent,
    pongs_missed,
    event_streams_opened,
    upstream_connections_opened,
    upstream_connections_reused,
    upstream_failures,
    retries,
    retry_budget_exhausted,
    connections_rejected,
    log_lines_dropped,
    drain_closed,
    tls_handshakes,  // downstream, those that were finished
    tls_handshakes_resumed,
    tls_handshakes_tls12,
    tls_handshake_failures,
    tls_takeover_failures,  // of both sides
    upstream_tls_handshakes,
    connections_moved_out,     // to a worker of a successor
    connections_moved_in,      // from a worker of a predecessor
    connections_move_refused,  // offered to a successor, which did not take them
    count_,
};

/// Goes up and down.
enum class Gauge : std::uint8_t {
    connections,
    idle_connections,
    requests_in_flight,
    websockets,
    tunnels,
    event_streams,
    upstream_connections,
    upstream_idle,
    tls_handshaking,
    count_,
};

enum class WorkerState : std::uint32_t { starting, ready, accepting, draining };

struct alignas(64) WorkerSlot {
    /// 0 = free; negative = claimed by the master with that pid, its worker is not forked yet.
    std::atomic<std::int32_t> pid{0};
    std::atomic<std::uint32_t> generation{0};
    std::atomic<std::uint32_t> index{0};
    std::atomic<WorkerState> state{WorkerState::starting};
    std::atomic<std::int64_t> heartbeat{0};  ///< CLOCK_MONOTONIC nanoseconds of the last turn
    std::atomic<std::uint64_t> counters[static_cast<std::size_t>(Counter::count_)]{};
    std::atomic<std::int64_t> gauges[static_cast<std::size_t>(Gauge::count_)]{};
    std::atomic<std::uint64_t> latencies[latency_buckets]{};  ///< see latency_bucket

    /// Only by the slot's own worker: one writer, so a plain addition of two relaxed accesses.
    void add(Counter counter, std::uint64_t by = 1) {
        auto& c = counters[static_cast<std::size_t>(counter)];
        c.store(c.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
    }
    void add(Gauge gauge, std::int64_t by) {
        auto& g = gauges[static_cast<std::size_t>(gauge)];
        g.store(g.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
    }
    /// A response has begun, so long after its request.
    void add_latency(Duration latency) {
        auto& bucket = latencies[latency_bucket(latency)];
        bucket.store(bucket.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    }
    std::uint64_t value(Counter counter) const {
        return counters[static_cast<std::size_t>(counter)].load(std::memory_order_relaxed);
    }
    std::int64_t value(Gauge gauge) const {
        return gauges[static_cast<std::size_t>(gauge)].load(std::memory_order_relaxed);
    }
};

/// One that stands by has handed everything to its successor and waits whether it is to take it back.
enum class GenerationState : std::uint32_t { free, starting, serving, draining, closing, standing_by };

/// One living generation, written by its master only (`ended_workers` by whoever releases a slot). Any master
/// of the lineage can therefore tell the whole story.
struct alignas(64) GenerationSlot {
    std::atomic<GenerationState> state{GenerationState::free};
    std::atomic<std::uint32_t> number{0};
    std::atomic<std::int32_t> master_pid{0};
    std::atomic<std::int64_t> started_at{0};  ///< wall clock, nanoseconds
    std::atomic<std::int64_t> deadline{0};    ///< CLOCK_MONOTONIC nanoseconds of the forced close; 0 = none
    std::atomic<std::uint32_t> worker_deaths{0};  ///< of workers that nobody had told to end
    // Since it drains; all 0 before.
    std::atomic<std::int64_t> drain_began{0};  ///< CLOCK_MONOTONIC nanoseconds
    std::atomic<std::int64_t> close_spread{
        0};  ///< nanoseconds that the forced close takes from its deadline on
    std::atomic<std::uint64_t> had_at_drain{0};  ///< connections: open by then, or moved or closed before
    /// What those of its workers that live no more have counted.
    std::atomic<std::uint64_t> ended_workers[static_cast<std::size_t>(Counter::count_)]{};
    std::atomic<std::uint64_t> ended_workers_latencies[latency_buckets]{};
    char version[32]{};      ///< zero-terminated; written before `state` leaves `starting`
    char config_hash[16]{};  ///< zero-terminated
};

class LineageMemory {
public:
    static constexpr std::size_t max_workers = 1024;    ///< over all living generations
    static constexpr std::size_t max_generations = 32;  ///< living ones

    /// A fresh memfd, sealed against shrinking.
    static Result<LineageMemory> create();
    /// Maps an inherited memfd. Fails with `bad_message` when size, magic or layout version do not fit: the
    /// caller then makes a fresh one.
    static Result<LineageMemory> attach(Fd memory);
    LineageMemory(LineageMemory&& other) noexcept;
    LineageMemory& operator=(LineageMemory&& other) noexcept;
    ~LineageMemory();

    /// Descriptor to pass to a successor (still owned here, CLOEXEC).
    int descriptor() const { return memory_.get(); }
    /// Those that have ever been claimed: the lowest free one is claimed first, and the pages of the rest
    /// stay untouched.
    std::span<WorkerSlot> slots();
    std::span<const WorkerSlot> slots() const;
    /// A free slot, zeroed and marked with `generation` and `index`; null when all are taken. Only the
    /// master.
    WorkerSlot* claim(std::uint32_t generation, std::uint32_t index);
    /// Adds the slot's counters to the totals and to its generation's, and frees it, in one step for readers
    /// of `total`. Only the master that claimed it, or the serving one when that master is gone.
    void release(WorkerSlot& slot);
    /// The lineage's total: of freed slots and of all living ones.
    std::uint64_t total(Counter counter) const;
    std::int64_t total(Gauge gauge) const;
    /// Of one living generation: of its workers, whether they still live or not.
    std::uint64_t total(Counter counter, const GenerationSlot& generation) const;
    /// Of the living workers of one generation.
    std::int64_t total(Gauge gauge, const GenerationSlot& generation) const;
    /// Client connections of one living generation, WebSockets and other tunnels among them.
    std::uint64_t open_connections(const GenerationSlot& generation) const;
    /// Those that it does not have any more because they moved to a successor or its drain closed them.
    std::uint64_t taken_connections(const GenerationSlot& generation) const;
    /// Those that ended by themselves since it drains.
    std::uint64_t drained_connections(const GenerationSlot& generation) const;
    /// Of one living generation, as above.
    LatencyCounts latencies(const GenerationSlot& generation) const;
    std::span<GenerationSlot> generations();
    /// The living one with this number; null when there is none.
    GenerationSlot* generation(std::uint32_t number);
    /// A free generation slot in state `starting`; null when all are taken.
    GenerationSlot* claim_generation(std::uint32_t number);
    /// Number of the next generation; counts up over the whole lineage.
    std::uint32_t next_generation();
    /// Makes the next number at least `number`: for a lineage whose former memory could not be attached.
    void number_from(std::uint32_t number);
    ReplacementLedger& replacements();
    /// In pages that no core dump holds and that are, as far as the system allows, never swapped out.
    TicketKeyRing& ticket_keys();
    /// Wall clock, nanoseconds, when the first master started.
    std::int64_t started_at() const;

private:
    struct Layout;
    class TotalsLock;
    LineageMemory(Fd memory, Layout* layout);
    template <class SumUp>
    std::uint64_t undisturbed(SumUp sum_up) const;
    Fd memory_;
    Layout* layout_ = nullptr;
};

}  // namespace baton::shared
