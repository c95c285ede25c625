/// Chooses one of several by weight in constant time (Vose's alias method).
#pragma once

#include "proxy/upstream/random.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace baton::upstream {

/// Also chooses between the upstreams of a route's weighted `to`.
class WeightedChoice {
public:
    static constexpr std::size_t nothing = SIZE_MAX;

    WeightedChoice() = default;
    explicit WeightedChoice(std::span<const std::uint32_t> weights);

    /// An index with a chance in proportion to its weight; `nothing` when all weights are 0. A single
    /// candidate costs no random number.
    std::size_t choose(Random& random) const;
    std::size_t candidates() const { return indices_.size(); }

private:
    std::vector<std::uint32_t> indices_;  // of the weights above 0
    std::vector<std::uint32_t>
        limits_;  // of 2³²: below stay, else go to alias; empty when all weights are equal
    std::vector<std::uint32_t> aliases_;
};

}  // namespace baton::upstream
