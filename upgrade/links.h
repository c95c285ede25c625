/// The lines between the workers of two generations, over which live connections cross.
#pragma once

#include "server/event/fd.h"
#include "server/result.h"
#include "upgrade/control_channel.h"

#include <cstdint>
#include <vector>

namespace baton::upgrade {

/// Both ends of each link: the ends at place k belong to link k.
struct Links {
    std::vector<Fd> of_predecessor;  ///< for worker k modulo the number of its workers
    std::vector<Fd> of_successor;    ///< for worker k modulo the number of its workers
};

/// Makes as many links as the larger generation has workers, so that each worker of either has at least one:
/// anonymous SEQPACKET pairs, CLOEXEC, non-blocking.
///
/// Fails with what the system said (EMFILE: no descriptor is left), or `limit` when a side has no workers or
/// claims more than a lineage can have; then nothing stays open.
Result<Links> make_links(std::uint32_t predecessors_workers, std::uint32_t successors_workers);

/// Sends the successor's ends, from link 0 on, over the line to its master: HAND_OVER as often as it takes.
/// `generation` is the one that hands over.
void send_links(ControlChannel& line, std::uint32_t generation, std::vector<Fd> of_successor);

/// Sends the ends of the one that returns everything, over the line to its master: RETURN as often as it
/// takes, at least once. `generation` is the one that takes it back.
void send_return(ControlChannel& line, std::uint32_t generation, std::vector<Fd> of_predecessor);

}  // namespace baton::upgrade
