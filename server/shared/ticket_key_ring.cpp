#include "server/shared/ticket_key_ring.h"

#include "server/assert.h"

#include <cstring>
#include <type_traits>

namespace baton::shared {
namespace {

static_assert(std::is_trivially_copyable_v<TicketKey>);
static_assert(sizeof(TicketKey) % sizeof(std::uint64_t) == 0);

/// A replacement takes less than a microsecond. A writer that is still at it after this has died, or waits
/// for a processor: without a key there is a full handshake, and nothing worse.
constexpr int most_attempts = 1000;

}  // namespace

std::size_t TicketKeyRing::read(std::span<TicketKey, most_keys> into) const {
    for (int attempt = 0; attempt < most_attempts; ++attempt) {
        const std::uint64_t before = version_.load(std::memory_order_acquire);
        if (before % 2 != 0) continue;
        const std::size_t count = std::min<std::size_t>(count_.load(std::memory_order_relaxed), most_keys);
        for (std::size_t i = 0; i < count; ++i) {
            std::uint64_t words[sizeof(TicketKey) / 8];
            for (std::size_t word = 0; word < std::size(words); ++word)
                words[word] = words_[i][word].load(std::memory_order_relaxed);
            std::memcpy(&into[i], words, sizeof words);
        }
        std::atomic_thread_fence(std::memory_order_acquire);
        if (version_.load(std::memory_order_relaxed) == before) return count;
    }
    return 0;
}

void TicketKeyRing::replace(std::span<const TicketKey> keys) {
    ASSERT(keys.size() <= most_keys);
    // Odd already: a writer has died inside, and nobody has read since.
    const std::uint64_t writing = version_.load(std::memory_order_relaxed) | 1U;
    version_.store(writing, std::memory_order_relaxed);
    std::atomic_thread_fence(std::memory_order_release);
    for (std::size_t i = 0; i < most_keys; ++i) {
        std::uint64_t words[sizeof(TicketKey) / 8]{};
        if (i < keys.size()) std::memcpy(words, &keys[i], sizeof words);
        for (std::size_t word = 0; word < std::size(words); ++word)
            words_[i][word].store(words[word], std::memory_order_relaxed);
    }
    count_.store(static_cast<std::uint32_t>(keys.size()), std::memory_order_relaxed);
    version_.store(writing + 1, std::memory_order_release);
}

}  // namespace baton::shared
