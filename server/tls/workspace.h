/// What all TLS connections of one worker share.
#pragma once

#include "server/shared/lineage_memory.h"
#include "server/tls/cipher_cache.h"
#include "server/tls/key_memory.h"

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
};

}  // namespace baton::tls
