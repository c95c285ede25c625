/// The parcels of one worker's quiet connections, in memory that outlives the worker: it writes, and when it
/// has died its master reads.
#pragma once

#include "server/event/fd.h"
#include "server/result.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace baton::escrow {

/// A connection's cell, and which of all the connections that were ever put into one it is.
struct Place {
    std::uint32_t cell = 0;
    std::uint64_t serial = 0;  ///< counted from 1
    bool operator==(const Place&) const = default;
};

/// A memfd of cells, each with one parcel:
///
///     empty ──write──► stale ──validate──► valid
///       ▲                │ ▲                 │
///       └──────wipe──────┘ └───invalidate────┘       a stale one is written again before it is valid
///
/// Only a valid parcel says what its connection is. Whoever reads from the connection, writes to it or seals
/// with its keys invalidates the parcel first, so that one that is found valid after its worker's death is of
/// a connection that nobody has touched since.
///
/// Keys are among the bytes: the pages are left out of core dumps, and the writer's are locked as far as the
/// system allows. Both sides run the same binary.
class EscrowMemory {
public:
    static constexpr std::size_t cell_size = 4096;
    /// Bytes.
    static constexpr std::size_t longest_parcel = cell_size - 32;

    /// A memfd of so many empty cells, sealed against another size. It costs memory only as it is written.
    static Result<Fd> create(std::uint32_t cells);
    /// Keeps `memory`. Fails with what the system said.
    static Result<EscrowMemory> map(Fd memory);
    EscrowMemory(EscrowMemory&& other) noexcept;
    EscrowMemory& operator=(EscrowMemory&& other) noexcept;
    ~EscrowMemory();

    std::uint32_t cells() const { return count_; }

    // The worker's side.
    /// Replaces the parcel, which is stale then. False, and nothing has changed, when it is too long.
    bool write(const Place& place, std::uint16_t kind, std::string_view parcel);
    /// From now on this is what the connection is.
    void validate(const Place& place);
    /// From now on it is not. One store, which is in memory before whatever the worker does next.
    void invalidate(std::uint32_t cell);
    /// Empties the cell.
    void wipe(std::uint32_t cell);

    // The master's side, when the worker is dead.
    struct Parcel {
        std::uint16_t kind;
        std::string_view fields;  ///< of this memory
    };
    /// Nothing unless the cell has a valid parcel of this very connection with every bit as it was written.
    std::optional<Parcel> read(const Place& place) const;

private:
    struct Cell;
    EscrowMemory(Fd memory, Cell* begin, std::uint32_t count);
    void lock_chunk_of(std::uint32_t cell);

    Fd memory_;
    Cell* begin_ = nullptr;
    std::uint32_t count_ = 0;
    std::uint32_t locked_ = 0;  // cells that lie in locked pages, from the first on
};

}  // namespace baton::escrow
