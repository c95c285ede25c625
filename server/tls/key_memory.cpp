#include "server/tls/key_memory.h"

#include "server/assert.h"
#include "server/log/log.h"

#include <openssl/crypto.h>
#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <new>

namespace baton::tls {
namespace {

/// Mapped at once. Small enough that an idle worker locks little, large enough that mappings stay few.
constexpr std::size_t chunk_size = std::size_t{32} * 1024;

/// The limit is the process's, and so is the warning.
void warn_once(const char* event, int error) {
    static bool warned = false;
    if (warned) return;
    warned = true;
    log::warn(event).with("error", Failure{reason_of(error), Side::internal, error});
}

}  // namespace

/// Free cells are a list; cells in use are a state. The alignment keeps the directions of two connections out
/// of each other's cache lines and lets CipherCache tell cells apart by their address.
union alignas(256) KeyMemory::Cell {
    Cell* next;
    RecordState state;
};

constexpr std::size_t KeyMemory::cells_in_chunk = chunk_size / sizeof(Cell);

void KeyRelease::operator()(RecordState* state) const noexcept {
    memory->give_back(state);
}

KeyMemory::~KeyMemory() {
    ASSERT(in_use_ == 0);
    trim();
    ASSERT(chunks_.empty());
}

HeldKeys KeyMemory::take() {
    if (!free_ && !add_pages()) return {};
    Cell* const cell = free_;
    free_ = cell->next;
    ++in_use_;
    return HeldKeys{new (&cell->state) RecordState{}, KeyRelease{this}};
}

bool KeyMemory::owns(const void* address) const {
    const auto* const at = static_cast<const char*>(address);
    return std::ranges::any_of(chunks_, [at](const Cell* chunk) {
        const auto* const begin = reinterpret_cast<const char*>(chunk);
        return at >= begin && at < begin + chunk_size;
    });
}

void KeyMemory::trim() {
    std::ranges::sort(chunks_);
    const auto chunk_of = [this](const Cell* cell) {
        return static_cast<std::size_t>(std::ranges::upper_bound(chunks_, cell) - chunks_.begin()) - 1;
    };
    std::vector<std::size_t> free_in(chunks_.size());
    for (const Cell* cell = free_; cell; cell = cell->next) ++free_in[chunk_of(cell)];
    Cell* kept = nullptr;
    for (Cell *cell = free_, *next = nullptr; cell; cell = next) {
        next = cell->next;
        if (free_in[chunk_of(cell)] == cells_in_chunk) continue;
        cell->next = kept;
        kept = cell;
    }
    free_ = kept;
    std::size_t index = 0;
    std::erase_if(chunks_, [&](Cell* chunk) {
        if (free_in[index++] != cells_in_chunk) return false;
        ::munmap(chunk, chunk_size);  // every cell was wiped when it was given back
        return true;
    });
}

void KeyMemory::give_back(RecordState* state) noexcept {
    Cell* const cell = reinterpret_cast<Cell*>(state);
    OPENSSL_cleanse(cell, sizeof *cell);
    cell->next = free_;
    free_ = cell;
    --in_use_;
}

// MADV_WIPEONFORK is left out on purpose: a worker never forks, and where a process that holds keys did, a
// child with zeroed keys would seal with them.
bool KeyMemory::add_pages() {
    chunks_.reserve(chunks_.size() + 1);
    void* const chunk =
        ::mmap(nullptr, chunk_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (chunk == MAP_FAILED) return false;
    if (::madvise(chunk, chunk_size, MADV_DONTDUMP) != 0) warn_once("tls.keys_may_be_dumped", errno);
    if (::mlock(chunk, chunk_size) != 0) warn_once("tls.keys_not_locked", errno);
    auto* const cells = static_cast<Cell*>(chunk);
    chunks_.push_back(cells);
    for (std::size_t i = cells_in_chunk; i-- > 0;) {
        cells[i].next = free_;
        free_ = &cells[i];
    }
    return true;
}

}  // namespace baton::tls
