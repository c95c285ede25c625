#include "server/escrow/escrow_memory.h"

#include "server/assert.h"
#include "server/log/log.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <utility>

namespace baton::escrow {
namespace {

/// Cells whose pages are locked together: memory is locked as it is used, since the limit may be low.
constexpr std::uint32_t cells_in_chunk = 64;

/// Not against an attacker, who could write anything here, but against the stray writes of a worker that is
/// about to crash.
std::uint64_t digest_of(const Place& place, std::uint16_t kind, std::string_view bytes) {
    std::uint64_t digest = place.serial << 16 ^ kind ^ std::uint64_t{bytes.size()} << 48;
    for (std::size_t at = 0; at < bytes.size(); at += sizeof digest) {
        std::uint64_t word = 0;
        std::memcpy(&word, bytes.data() + at, std::min(sizeof word, bytes.size() - at));
        digest = (digest ^ word) * 0x9E3779B97F4A7C15;
        digest ^= digest >> 32;
    }
    return digest;
}

void say_not_locked(int error) {
    static bool said = false;
    if (std::exchange(said, true)) return;
    log::warn("escrow.keys_not_locked").with("error", std::strerror(error));
}

}  // namespace

struct alignas(64) EscrowMemory::Cell {
    std::atomic<std::uint64_t> valid;  // the serial of the connection whose parcel this is, or 0
    std::uint64_t digest;
    std::uint32_t length;
    std::uint16_t kind;
    char bytes[longest_parcel];
};

Result<Fd> EscrowMemory::create(std::uint32_t cells) {
    Fd memory{::memfd_create("baton-escrow", MFD_CLOEXEC | MFD_ALLOW_SEALING)};
    if (!memory || ::ftruncate(memory.get(), static_cast<off_t>(cells * cell_size)) != 0 ||
        ::fcntl(memory.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0)
        return system_failure();
    return memory;
}

Result<EscrowMemory> EscrowMemory::map(Fd memory) {
    static_assert(sizeof(Cell) == cell_size);
    struct stat status {};
    if (::fstat(memory.get(), &status) != 0) return system_failure();
    const auto size = static_cast<std::size_t>(status.st_size);
    void* const pages = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, memory.get(), 0);
    if (pages == MAP_FAILED) return system_failure();
    ::madvise(pages, size, MADV_DONTDUMP);
    ::madvise(pages, size, MADV_DONTFORK);  // no worker sees another one's keys
    return EscrowMemory(std::move(memory), static_cast<Cell*>(pages),
                        static_cast<std::uint32_t>(size / cell_size));
}

EscrowMemory::EscrowMemory(Fd memory, Cell* begin, std::uint32_t count)
    : memory_(std::move(memory)), begin_(begin), count_(count) {}

EscrowMemory::EscrowMemory(EscrowMemory&& other) noexcept
    : memory_(std::move(other.memory_)),
      begin_(std::exchange(other.begin_, nullptr)),
      count_(std::exchange(other.count_, 0)),
      locked_(std::exchange(other.locked_, 0)) {}

EscrowMemory& EscrowMemory::operator=(EscrowMemory&& other) noexcept {
    std::swap(memory_, other.memory_);
    std::swap(begin_, other.begin_);
    std::swap(count_, other.count_);
    std::swap(locked_, other.locked_);
    return *this;
}

EscrowMemory::~EscrowMemory() {
    if (begin_ != nullptr) ::munmap(begin_, count_ * cell_size);
}

bool EscrowMemory::write(const Place& place, std::uint16_t kind, std::string_view parcel) {
    ASSERT(place.cell < count_ && place.serial != 0);
    if (parcel.size() > longest_parcel) return false;
    lock_chunk_of(place.cell);
    Cell& cell = begin_[place.cell];
    cell.valid.store(0, std::memory_order_release);
    std::atomic_signal_fence(std::memory_order_seq_cst);
    cell.digest = digest_of(place, kind, parcel);
    cell.length = static_cast<std::uint32_t>(parcel.size());
    cell.kind = kind;
    std::memcpy(cell.bytes, parcel.data(), parcel.size());
    return true;
}

void EscrowMemory::validate(const Place& place) {
    begin_[place.cell].valid.store(place.serial, std::memory_order_release);
}

// Death by a signal is no crash of the machine: what the process has stored is there when it is reaped, in
// the order of the program. Only the compiler must not move the store behind what follows.
void EscrowMemory::invalidate(std::uint32_t cell) {
    begin_[cell].valid.store(0, std::memory_order_release);
    std::atomic_signal_fence(std::memory_order_seq_cst);
}

void EscrowMemory::wipe(std::uint32_t cell) {
    invalidate(cell);
    Cell& emptied = begin_[cell];
    ::explicit_bzero(emptied.bytes, std::min<std::size_t>(emptied.length, longest_parcel));
    emptied.length = 0;
}

std::optional<EscrowMemory::Parcel> EscrowMemory::read(const Place& place) const {
    if (place.cell >= count_ || place.serial == 0) return std::nullopt;
    const Cell& cell = begin_[place.cell];
    if (cell.valid.load(std::memory_order_acquire) != place.serial || cell.length > longest_parcel)
        return std::nullopt;
    const std::string_view fields{cell.bytes, cell.length};
    if (cell.digest != digest_of(place, cell.kind, fields)) return std::nullopt;
    return Parcel{cell.kind, fields};
}

void EscrowMemory::lock_chunk_of(std::uint32_t cell) {
    while (locked_ <= cell) {
        const std::uint32_t more = std::min(cells_in_chunk, count_ - locked_);
        if (::mlock2(begin_ + locked_, more * cell_size, MLOCK_ONFAULT) != 0) say_not_locked(errno);
        locked_ += more;
    }
}

}  // namespace baton::escrow
