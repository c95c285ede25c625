/// What all TLS connections of one worker share.
#pragma once

#include "server/shared/lineage_memory.h"
#include "server/tls/cipher_cache.h"
#include "server/tls/farewell.h"
#include "server/tls/key_memory.h"
#include "server/tls/turn_budget.h"

#include <array>
#include <cstddef>

namespace baton::tls {

/// Outlives every connection of its worker.
struct Workspace {
    explicit Workspace(shared::WorkerSlot& counters) : slot(counters) {}

    KeyMemory keys;
    CipherCache ciphers;
    shared::WorkerSlot& slot;
    /// Records are received here and opened from here into the connection's own buffer; between two reads
    /// nothing is left in it.
    std::array<char, std::size_t{64} * 1024> arrival;
    /// Calculations with public keys of all handshakes, most of them a fraction of a millisecond each: a
    /// flood of handshakes waits, and established connections have their turn.
    TurnBudget handshake_steps{16};
    Farewells farewells;
};

}  // namespace baton::tls
