/// The keys of session tickets, shared by all workers of all generations of a lineage.
///
/// Lies in the lineage's memory. One master writes (a change of keys happens twice a day), every worker
/// reads; a reader that meets a writer reads again.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

namespace baton::shared {

struct TicketKey {
    std::array<std::uint8_t, 16> name;
    std::array<std::uint8_t, 32> encryption;      ///< AES-256
    std::array<std::uint8_t, 32> authentication;  ///< HMAC-SHA-256
    std::int64_t made_at;                         ///< wall clock, seconds since 1970; 0 = from a file
};

/// All zero is a ring without keys.
class TicketKeyRing {
public:
    static constexpr std::size_t most_keys = 16;

    /// Changes with every replacement; 0 = never filled.
    std::uint64_t version() const { return version_.load(std::memory_order_acquire) / 2; }
    /// Copies the keys, the one that encrypts first; says how many there are. Never waits for a writer that
    /// has died: after some attempts it takes nothing and says 0.
    std::size_t read(std::span<TicketKey, most_keys> into) const;
    /// Replaces all keys (at most `most_keys`). Only the serving master.
    void replace(std::span<const TicketKey> keys);

private:
    std::atomic<std::uint64_t> version_{0};  // odd while a writer is at it
    std::atomic<std::uint32_t> count_{0};
    std::array<std::array<std::atomic<std::uint64_t>, sizeof(TicketKey) / 8>, most_keys> words_{};
};

}  // namespace baton::shared
