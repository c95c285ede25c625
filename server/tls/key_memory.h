/// Memory for keys: locked against swapping, left out of core dumps, wiped on release.
#pragma once

#include "server/tls/record_state.h"

#include <cstddef>
#include <memory>
#include <vector>

namespace baton::tls {

class KeyMemory;

/// Wipes the state and gives its cell back.
struct KeyRelease {
    KeyMemory* memory = nullptr;
    void operator()(RecordState* state) const noexcept;
};

/// One connection's keys. Move-only; whoever holds it holds the connection's secrets.
using HeldKeys = std::unique_ptr<RecordState, KeyRelease>;

/// One process's cells, in pages that are mmap'ed, mlock'ed and MADV_DONTDUMP. Outlives everything that holds
/// a cell. When the system refuses to lock more (RLIMIT_MEMLOCK), says so once in the log and goes on.
class KeyMemory {
public:
    KeyMemory() = default;
    KeyMemory(const KeyMemory&) = delete;
    KeyMemory& operator=(const KeyMemory&) = delete;
    ~KeyMemory();

    /// A zeroed cell. Null when the system has no memory left.
    HeldKeys take();
    /// Gives pages without a key back to the system.
    void trim();
    std::size_t in_use() const { return in_use_; }
    /// Whether `address` lies in its pages; for tests.
    bool owns(const void* address) const;

private:
    friend struct KeyRelease;
    union Cell;
    static const std::size_t cells_in_chunk;
    void give_back(RecordState* state) noexcept;
    bool add_pages();

    std::vector<Cell*> chunks_;
    Cell* free_ = nullptr;
    std::size_t in_use_ = 0;
};

}  // namespace baton::tls
