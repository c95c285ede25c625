/// Tidies the lineage's memory after masters that were killed: what they can no longer free.
#pragma once

#include "server/shared/lineage_memory.h"

#include <cstdint>
#include <vector>

namespace baton::upgrade {

/// Frees the slots of dead workers whose master is dead too, and those of generations without a master or
/// worker. Workers that outlive their master keep theirs. Only the serving master calls it, about once a
/// second.
void free_slots_of_the_dead(shared::LineageMemory& memory);

/// Marks every generation of the master `pid` as closing: its workers, if they accept already, drain once
/// that master is gone.
void mark_closing(shared::LineageMemory& memory, std::int32_t pid);

/// The generations that have workers, but whose master is dead.
std::vector<std::uint32_t> orphaned_generations(shared::LineageMemory& memory);

/// Marks every generation whose master is dead and that serves still as draining until `deadline`: its
/// workers have been told by the one that serves.
void mark_draining_orphans(shared::LineageMemory& memory, TimePoint deadline);

}  // namespace baton::upgrade
