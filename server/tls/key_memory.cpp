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

void KeyRelease::operator()(RecordState* state) const noexcept {
    memory->give_back(state);
}

KeyMemory::~KeyMemory() {
    ASSERT(in_use_ == 0);
    for (void* const chunk : pages_) {
        OPENSSL_cleanse(chunk, chunk_size);
        ::munmap(chunk, chunk_size);
    }
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
    return std::ranges::any_of(pages_, [at](void* chunk) {
        const auto* const begin = static_cast<const char*>(chunk);
        return at >= begin && at < begin + chunk_size;
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
    pages_.reserve(pages_.size() + 1);
    void* const chunk =
        ::mmap(nullptr, chunk_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (chunk == MAP_FAILED) return false;
    if (::madvise(chunk, chunk_size, MADV_DONTDUMP) != 0) warn_once("tls.keys_may_be_dumped", errno);
    if (::mlock(chunk, chunk_size) != 0) warn_once("tls.keys_not_locked", errno);
    pages_.push_back(chunk);
    auto* const cells = static_cast<Cell*>(chunk);
    for (std::size_t i = chunk_size / sizeof(Cell); i-- > 0;) {
        cells[i].next = free_;
        free_ = &cells[i];
    }
    return true;
}

}  // namespace baton::tls
