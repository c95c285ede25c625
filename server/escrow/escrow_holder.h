/// The master's side of one worker's escrow: holds duplicates of the sockets of its quiet connections, and
/// what is left of them when it has died.
#pragma once

#include "config/config.h"
#include "server/escrow/escrow_channel.h"
#include "server/event/event_loop.h"

#include <array>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

namespace baton::escrow {

/// How many connections of one worker the master can hold, so that two generations of them fit into its
/// descriptors; 0 with `process.escrow: off`.
std::uint32_t cells_for_worker(const config::Process& process);

using Sockets = std::array<Fd, sockets_of_connection>;

/// The connections of a dead worker that another one can go on with.
struct Estate {
    struct Piece {
        Place place;
        Sockets sockets;
    };
    EscrowMemory memory;        ///< has a valid parcel for each piece
    std::vector<Piece> pieces;  ///< nobody has touched these since their parcels were written
    std::uint32_t in_motion;    ///< connections that were held too, and cannot be adopted
};

class EscrowHolder final : private WatchHandler {
public:
    /// Fails with what the system said.
    static Result<std::unique_ptr<EscrowHolder>> create(EventLoop& loop, std::uint32_t cells);

    /// In the forked child, which is the worker.
    EscrowEnds give_to_worker();
    /// In the master, after the fork.
    Result<void> start();
    std::size_t held() const { return held_.size(); }
    /// The worker has been reaped. What it had told until its end counts; what no longer has an owner is
    /// closed. Fails with what mapping the memory failed with; then everything is.
    Result<Estate> close();

private:
    EscrowHolder(EventLoop& loop, Fd memory, EscrowChannel channel);
    void on_ready() noexcept override;
    bool hear_one();
    void take(const Notice& notice, std::vector<Fd>& sockets);
    void let_go(const Notice& notice);

    struct Held {
        std::uint64_t serial;
        Sockets sockets;
    };
    EventLoop& loop_;
    Fd memory_;
    EscrowChannel channel_;
    Watch watch_;
    std::unordered_map<std::uint32_t, Held> held_;  // by cell
};

}  // namespace baton::escrow
