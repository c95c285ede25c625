/// Chooses the endpoint of an upstream that the next request goes to.
#pragma once

#include "config/config.h"
#include "proxy/upstream/endpoint_set.h"
#include "proxy/upstream/maglev_table.h"
#include "proxy/upstream/random.h"
#include "proxy/upstream/weighted_choice.h"

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace baton::upstream {

/// What a choice depends on besides the endpoints' own state.
struct ChoiceInput {
    TimePoint now{};
    /// With `hash`: the evaluated hash_key; empty = nothing to hash, choose by weight.
    std::string_view hash_key{};
    /// With `ip_hash`: 4 or 16 bytes; of IPv6 the /64 counts.
    std::span<const std::uint8_t> client_ip{};
    /// Indices of the endpoints that this request has been to: chosen again only when nobody else is left.
    std::span<const std::uint32_t> tried{};
};

/// Never chooses an endpoint of weight 0 or a full one. Of the others it prefers, in this order: primaries
/// that are neither tried nor resting, such backups, untried ones that rest, and at last tried ones.
class LoadBalancer {
public:
    /// `endpoints` must outlive the balancer. `random` is its own from then on.
    LoadBalancer(EndpointSet& endpoints, config::Balance balance, Random random);

    /// Whether `choose` looks at `hash_key`, so that nobody else evaluates the template.
    bool wants_hash_key() const { return balance_ == config::Balance::hash; }
    /// The endpoint, or null when there is none that may be used (503).
    Endpoint* choose(const ChoiceInput& input);

private:
    Endpoint* choose_least_loaded(const ChoiceInput& input);
    Endpoint* choose_in_turn(const ChoiceInput& input);
    Endpoint* choose_by_weight(const ChoiceInput& input);
    Endpoint* choose_by_hash(std::string_view key, const ChoiceInput& input);
    /// Looks at every endpoint: for the rare case that the quick choice met one that cannot be used.
    Endpoint* choose_thoroughly(const ChoiceInput& input);
    bool is_good(const Endpoint& endpoint, const ChoiceInput& input) const;

    EndpointSet& endpoints_;
    config::Balance balance_;
    Random random_;
    std::vector<std::uint32_t> primaries_;  // of weight above 0
    WeightedChoice by_weight_;              // over primaries_
    std::vector<std::uint32_t> turns_;      // with round_robin: the smooth order of one round
    std::size_t turn_ = 0;
    MaglevTable maglev_;                               // with hash and ip_hash
    std::vector<std::uint32_t> candidates_, weights_;  // of choose_thoroughly, kept for their memory
};

/// One round of smooth weighted round robin: `{5, 1, 1}` gives `0 0 1 0 2 0 0`. Weights are divided by their
/// greatest common divisor; a round longer than 4096 is scaled down to about that, keeping at least one turn
/// for each.
std::vector<std::uint32_t> smooth_round(std::span<const std::uint32_t> weights);

}  // namespace baton::upstream
