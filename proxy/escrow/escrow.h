/// The worker's side of its escrow: writes down what its quiet connections are, and gives the master
/// duplicates of their sockets, so that another worker can go on with them when this one has crashed.
#pragma once

#include "proxy/escrow/deposit.h"
#include "server/escrow/escrow_channel.h"
#include "server/event/event_loop.h"
#include "upgrade/hand_over/secret_buffer.h"

#include <boost/intrusive/list.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace baton::escrow {

/// Looks at connections that were awake a while ago. What is quiet by then is written into a cell, and its
/// sockets are sent to the master unless it holds them already; what is not is looked at later. A connection
/// that lies in escrow costs nothing until it wakes up, and one that is busy a look a second.
class Escrow {
public:
    /// How long a connection must have been quiet. It lies in escrow after twice the time at most.
    static constexpr Duration quiet_time = std::chrono::seconds{1};

    /// Null when the memory cannot be mapped, which is said in the log.
    static std::unique_ptr<Escrow> create(EventLoop& loop, EscrowEnds ends);
    Escrow(EventLoop& loop, EscrowMemory memory, Fd channel);
    Escrow(const Escrow&) = delete;
    Escrow& operator=(const Escrow&) = delete;
    ~Escrow();

    /// For a connection that was last heard then; it outlives the deposit.
    std::unique_ptr<Deposit> open(const hand_over::Candidate& connection, TimePoint heard);
    /// Takes what is due now: connections that have come from elsewhere and stand still.
    void look();
    /// Tells the master what has ended in this turn.
    void end_turn() {
        if (!withdrawn_.empty()) tell_withdrawn();
    }
    /// Nothing new is taken: the connections are about to go elsewhere.
    void stop();
    void resume();
    /// Connections that would be adopted now.
    std::size_t valid() const { return valid_; }

private:
    friend class Deposit;
    using Waiting = boost::intrusive::list<Deposit, boost::intrusive::constant_time_size<false>>;
    static constexpr Duration look_interval = std::chrono::milliseconds{100};
    static constexpr std::size_t most_a_look = Notice::most_places;

    void on_wake(Deposit& deposit);
    void close(Deposit& deposit);
    void look_at(Deposit& deposit);
    bool write(Deposit& deposit, std::vector<int>& sockets);
    bool take_cell(Deposit& deposit);
    void give_back(std::uint32_t cell);
    void tell_deposited();
    void tell_withdrawn();
    void wait_for_next();
    void give_up();

    EventLoop& loop_;
    EscrowMemory memory_;
    Fd channel_;  // empty once the master has gone
    Timer look_ = Timer::calling<&Escrow::look>(loop_.timers(), *this);
    Waiting awake_;         // in the order in which they are looked at
    Waiting without_cell_;  // quiet, and there is no room
    std::vector<std::uint32_t> free_cells_;
    std::uint32_t cells_used_ = 0;  // the cells from there on have never been taken
    std::uint64_t last_serial_ = 0;
    std::size_t valid_ = 0;
    std::vector<Place> withdrawn_;   // their cells are free when the master has been told
    std::vector<Deposit*> written_;  // in this look, for the first time
    std::vector<int> sockets_;       // of those
    upgrade::SecretBuffer parcel_;
    bool stopped_ = false;
};

}  // namespace baton::escrow
