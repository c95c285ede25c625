/// One connection's place in its worker's escrow.
#pragma once

#include "proxy/hand_over/candidate.h"
#include "server/escrow/escrow_memory.h"
#include "server/event/clock.h"

#include <boost/intrusive/list.hpp>

namespace baton::escrow {

class Escrow;

///     awake ──quiet──► resting ──wake──► awake          resting: its parcel is valid
///
/// A member of the connection, which calls `wake` before it reads, writes, seals, stands still for a
/// hand-over or says anything else to anybody. Destroyed with it, when the master is told to close what it
/// holds.
class Deposit
    : public boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
public:
    Deposit(Escrow& escrow, const hand_over::Candidate& connection)
        : escrow_(escrow), connection_(connection) {}
    Deposit(const Deposit&) = delete;
    Deposit& operator=(const Deposit&) = delete;
    ~Deposit();

    bool is_resting() const { return resting_; }
    /// The master has duplicates of the sockets: closing them here does not tell the peers.
    bool is_held() const { return held_; }
    void wake() {
        if (resting_) leave_rest();
    }

private:
    friend class Escrow;
    void leave_rest();

    Escrow& escrow_;
    const hand_over::Candidate& connection_;
    TimePoint look_at_{};
    Place place_;        // a serial of 0 = none
    bool held_ = false;  // by the master
    bool resting_ = false;
};

}  // namespace baton::escrow
