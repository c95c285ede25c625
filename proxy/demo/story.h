/// What the demo tells its backend, so that the friendly page can say who carried the answer: a few words in
/// memory that both processes share.
#pragma once

#include <atomic>
#include <cstdint>

namespace baton::demo {

/// Written by the demo only, read by the backend only; each value stands for itself.
struct Story {
    std::atomic<std::uint32_t> generation{0};
    std::atomic<std::int32_t> master_pid{0};
    std::atomic<std::uint64_t> requests{0};
    std::atomic<std::uint64_t> failed{0};
    std::atomic<std::uint32_t> upgrades{0};
    std::atomic<bool> load_is_over{false};
};

}  // namespace baton::demo
