#include "proxy/upstream/weighted_choice.h"

#include <algorithm>

namespace baton::upstream {

WeightedChoice::WeightedChoice(std::span<const std::uint32_t> weights) {
    std::uint64_t total = 0;
    for (std::uint32_t i = 0; i < weights.size(); ++i) {
        if (weights[i] == 0) continue;
        indices_.push_back(i);
        total += weights[i];
    }
    const auto count = static_cast<std::uint32_t>(indices_.size());
    const auto weight = [&](std::uint32_t place) -> std::uint64_t { return weights[indices_[place]]; };
    const auto is_like_first = [&](std::uint32_t index) {
        return weights[index] == weights[indices_.front()];
    };
    if (std::ranges::all_of(indices_, is_like_first)) return;

    // Every place gets the chance 1/count; what a light one does not need, a heavy one takes as its alias.
    std::vector<std::uint64_t> share(count);  // weight × count: `total` is exactly one place
    std::vector<std::uint32_t> light, heavy;
    for (std::uint32_t place = 0; place < count; ++place) {
        share[place] = weight(place) * count;
        (share[place] < total ? light : heavy).push_back(place);
    }
    limits_.assign(count, UINT32_MAX);
    aliases_.resize(count);
    for (std::uint32_t place = 0; place < count; ++place) aliases_[place] = place;
    while (!light.empty() && !heavy.empty()) {
        const std::uint32_t poor = light.back();
        const std::uint32_t rich = heavy.back();
        light.pop_back();
        limits_[poor] = static_cast<std::uint32_t>(static_cast<double>(share[poor]) /
                                                   static_cast<double>(total) * 0x1p32);
        aliases_[poor] = rich;
        share[rich] -= total - share[poor];
        if (share[rich] < total) {
            heavy.pop_back();
            light.push_back(rich);
        }
    }
}

std::size_t WeightedChoice::choose(Random& random) const {
    if (indices_.empty()) return nothing;
    if (indices_.size() == 1) return indices_.front();
    const std::uint32_t place = random.below(static_cast<std::uint32_t>(indices_.size()));
    if (limits_.empty()) return indices_[place];
    const auto toss = static_cast<std::uint32_t>(random.next());
    return indices_[toss < limits_[place] ? place : aliases_[place]];
}

}  // namespace baton::upstream
