/// A consistent hash: when an endpoint comes or goes, few keys change their place (Maglev, NSDI 2016 §3.4).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace baton::upstream {

/// SipHash-1-3: quick, and without the key nobody can pick inputs that collide.
std::uint64_t keyed_hash(std::string_view text, std::uint64_t key0, std::uint64_t key1);

class MaglevTable {
public:
    struct Candidate {
        std::string_view label;  ///< decides its places: the same in every worker and generation
        std::uint32_t weight;    ///< above 0
        std::uint32_t index;     ///< what the table answers
    };
    MaglevTable() = default;
    /// The table has at least 100 places for each candidate, up to 65 521 in all.
    explicit MaglevTable(std::span<const Candidate> candidates);

    bool empty() const { return places_.empty(); }
    /// The candidate for a hash. `attempt` counts from 0: later ones give the places where a key goes when
    /// its own endpoint cannot be used, different for different keys. The table must not be empty.
    std::uint32_t at(std::uint64_t hash, std::uint32_t attempt = 0) const;

private:
    std::vector<std::uint32_t> places_;
};

}  // namespace baton::upstream
