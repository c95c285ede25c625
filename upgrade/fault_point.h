/// Where a replacement can be struck by a fault. Tests link a build in which something happens there.
#pragma once

#include <cstdint>

namespace baton::upgrade {

/// In the order in which a successor's master, and then each window, passes them, and one of its workers.
enum class FaultPoint : std::uint8_t {
    hello_heard,    ///< successor's master: nothing is prepared yet
    workers_ready,  ///< successor's master: READY is not said yet
    commit_heard,   ///< successor's master: nothing of the predecessor's is its own yet
    window_frozen,  ///< sender: the connections stand still, nothing is said yet
    piece_taken,    ///< receiver: a part of the window has arrived
    window_held,    ///< receiver: all of it is understood, READY is not said yet
    ready_said,     ///< receiver: READY is said
    commit_sent,    ///< sender: the connections are no longer its own
    commit_read,    ///< receiver: none of them lives yet
    window_taken,   ///< receiver: all of them live, which the sender does not know yet
    probe_begun,    ///< a worker that is not ready yet: its master has a request
};

/// Does nothing. Stands alone in its object file, so that a build of tests can put another in its place.
void reach(FaultPoint point) noexcept;

}  // namespace baton::upgrade
