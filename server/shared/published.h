/// A value in shared memory that one process writes and all read: a reader gets it whole, or nothing.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <type_traits>

namespace baton::shared {

/// All zero is one that has never been written.
template <class Value>
class Published {
    static_assert(std::is_trivially_copyable_v<Value> && sizeof(Value) % sizeof(std::uint64_t) == 0);

public:
    /// Nothing before the first `write`. Does not wait for a writer that has died: nothing either, until the
    /// next one writes.
    std::optional<Value> read() const {
        for (int attempt = 0; attempt < most_attempts; ++attempt) {
            const std::uint64_t before = version_.load(std::memory_order_acquire);
            if (before == 0) return std::nullopt;
            if (before % 2 != 0) continue;
            Words words;
            for (std::size_t i = 0; i < words.size(); ++i)
                words[i] = words_[i].load(std::memory_order_relaxed);
            std::atomic_thread_fence(std::memory_order_acquire);
            if (version_.load(std::memory_order_relaxed) != before) continue;
            return std::bit_cast<Value>(words);
        }
        return std::nullopt;
    }

    /// One process at a time; it may be another one each time.
    void write(const Value& value) {
        Words words;
        std::memcpy(words.data(), &value, sizeof value);
        // Odd already: a writer has died inside.
        const std::uint64_t writing = version_.load(std::memory_order_relaxed) | 1U;
        version_.store(writing, std::memory_order_relaxed);
        std::atomic_thread_fence(std::memory_order_release);
        for (std::size_t i = 0; i < words.size(); ++i) words_[i].store(words[i], std::memory_order_relaxed);
        version_.store(writing + 1, std::memory_order_release);
    }

private:
    /// To write takes less than a microsecond; who is still at it after this has died or waits for a
    /// processor.
    static constexpr int most_attempts = 1000;
    using Words = std::array<std::uint64_t, sizeof(Value) / sizeof(std::uint64_t)>;

    std::atomic<std::uint64_t> version_{0};  // odd while a writer is at it
    std::array<std::atomic<std::uint64_t>, sizeof(Value) / sizeof(std::uint64_t)> words_{};
};

}  // namespace baton::shared
