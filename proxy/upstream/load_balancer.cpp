#include "proxy/upstream/load_balancer.h"

#include <algorithm>
#include <numeric>

namespace baton::upstream {

namespace {

constexpr std::uint32_t longest_round = 4096;

bool was_tried(const Endpoint& endpoint, const ChoiceInput& input) {
    return std::ranges::find(input.tried, endpoint.index()) != input.tried.end();
}

// a is busier than b for its weight. Idle ones are equal, so that few requests are spread by weight too.
bool is_busier(const Endpoint& a, const Endpoint& b) {
    return std::uint64_t{a.active()} * b.weight() > std::uint64_t{b.active()} * a.weight();
}

std::vector<std::uint32_t> shortened(std::span<const std::uint32_t> weights) {
    std::uint32_t divisor = 0;
    for (const std::uint32_t weight : weights) divisor = std::gcd(divisor, weight);
    std::vector<std::uint32_t> result(weights.begin(), weights.end());
    std::uint64_t total = 0;
    for (std::uint32_t& weight : result) total += weight /= divisor;
    if (total <= longest_round) return result;
    for (std::uint32_t& weight : result) {
        weight = std::max(1U, static_cast<std::uint32_t>(std::uint64_t{weight} * longest_round / total));
    }
    return result;
}

std::string_view hashed_part(std::span<const std::uint8_t> client_ip) {
    // A subscriber gets a /64 and changes addresses within it (RFC 8981).
    return {reinterpret_cast<const char*>(client_ip.data()), std::min<std::size_t>(client_ip.size(), 8)};
}

}  // namespace

std::vector<std::uint32_t> smooth_round(std::span<const std::uint32_t> written) {
    if (written.empty()) return {};
    const std::vector<std::uint32_t> weights = shortened(written);
    const auto total = std::accumulate(weights.begin(), weights.end(), std::int64_t{0});
    std::vector<std::int64_t> due(weights.size(), 0);
    std::vector<std::uint32_t> round;
    round.reserve(static_cast<std::size_t>(total));
    while (round.size() < static_cast<std::size_t>(total)) {
        for (std::size_t i = 0; i < due.size(); ++i) due[i] += weights[i];
        const auto next = std::ranges::max_element(due);
        *next -= total;
        round.push_back(static_cast<std::uint32_t>(next - due.begin()));
    }
    return round;
}

LoadBalancer::LoadBalancer(EndpointSet& endpoints, config::Balance balance, Random random)
    : endpoints_(endpoints), balance_(balance), random_(random) {
    std::vector<MaglevTable::Candidate> hashed;
    for (const Endpoint& endpoint : endpoints_.all()) {
        if (endpoint.weight() == 0 || endpoint.is_backup()) continue;
        primaries_.push_back(endpoint.index());
        weights_.push_back(endpoint.weight());
        hashed.push_back({endpoint.label(), endpoint.weight(), endpoint.index()});
    }
    by_weight_ = WeightedChoice(weights_);
    if (balance_ == config::Balance::round_robin && !primaries_.empty()) {
        turns_ = smooth_round(weights_);
        turn_ = random_.below(
            static_cast<std::uint32_t>(turns_.size()));  // workers do not begin with the same one
    }
    if (balance_ == config::Balance::hash || balance_ == config::Balance::ip_hash)
        maglev_ = MaglevTable(hashed);
}

Endpoint* LoadBalancer::choose(const ChoiceInput& input) {
    if (primaries_.size() == 1) {
        Endpoint& only = endpoints_.at(primaries_.front());
        return is_good(only, input) ? &only : choose_thoroughly(input);
    }
    if (primaries_.empty()) return choose_thoroughly(input);
    switch (balance_) {
        case config::Balance::least_request: return choose_least_loaded(input);
        case config::Balance::round_robin: return choose_in_turn(input);
        case config::Balance::random: return choose_by_weight(input);
        case config::Balance::ip_hash: return choose_by_hash(hashed_part(input.client_ip), input);
        case config::Balance::hash: return choose_by_hash(input.hash_key, input);
    }
    return nullptr;
}

Endpoint* LoadBalancer::choose_least_loaded(const ChoiceInput& input) {
    const std::size_t first = by_weight_.choose(random_);
    std::size_t second = by_weight_.choose(random_);
    if (second == first)
        second = (first + 1 + random_.below(static_cast<std::uint32_t>(primaries_.size() - 1))) %
                 primaries_.size();
    Endpoint& a = endpoints_.at(primaries_[first]);
    Endpoint& b = endpoints_.at(primaries_[second]);
    if (!is_good(a, input)) return is_good(b, input) ? &b : choose_thoroughly(input);
    if (!is_good(b, input)) return &a;
    return is_busier(a, b) ? &b : &a;
}

Endpoint* LoadBalancer::choose_in_turn(const ChoiceInput& input) {
    for (std::size_t looked = 0; looked < turns_.size(); ++looked) {
        Endpoint& next = endpoints_.at(primaries_[turns_[turn_]]);
        turn_ = turn_ + 1 == turns_.size() ? 0 : turn_ + 1;
        if (is_good(next, input)) return &next;
    }
    return choose_thoroughly(input);
}

Endpoint* LoadBalancer::choose_by_weight(const ChoiceInput& input) {
    Endpoint& chosen = endpoints_.at(primaries_[by_weight_.choose(random_)]);
    return is_good(chosen, input) ? &chosen : choose_thoroughly(input);
}

Endpoint* LoadBalancer::choose_by_hash(std::string_view key, const ChoiceInput& input) {
    if (key.empty()) return choose_by_weight(input);
    // The key is fixed: every worker and every generation must send a client to the same endpoint.
    const std::uint64_t hash = keyed_hash(key, 0x6261746f6e, 0x7570737472);
    constexpr std::uint32_t attempts = 32;
    for (std::uint32_t attempt = 0; attempt < attempts; ++attempt) {
        Endpoint& chosen = endpoints_.at(maglev_.at(hash, attempt));
        if (is_good(chosen, input)) return &chosen;
    }
    return choose_thoroughly(input);
}

bool LoadBalancer::is_good(const Endpoint& endpoint, const ChoiceInput& input) const {
    return !endpoint.is_full() && !endpoint.is_resting(input.now) && !was_tried(endpoint, input);
}

Endpoint* LoadBalancer::choose_thoroughly(const ChoiceInput& input) {
    // Smaller is better: tried counts most, then resting, then backup.
    constexpr unsigned worst = 8;
    unsigned best = worst;
    candidates_.clear();
    weights_.clear();
    for (const Endpoint& endpoint : endpoints_.all()) {
        if (endpoint.weight() == 0 || endpoint.is_full()) continue;
        const unsigned rank = (was_tried(endpoint, input) ? 4U : 0U) +
                              (endpoint.is_resting(input.now) ? 2U : 0U) + (endpoint.is_backup() ? 1U : 0U);
        if (rank > best) continue;
        if (rank < best) {
            best = rank;
            candidates_.clear();
            weights_.clear();
        }
        candidates_.push_back(endpoint.index());
        weights_.push_back(endpoint.weight());
    }
    if (candidates_.empty()) return nullptr;
    if (candidates_.size() == 1) return &endpoints_.at(candidates_.front());
    // Rare enough for a sum over the candidates.
    auto toss = static_cast<std::int64_t>(
        random_.next() % std::accumulate(weights_.begin(), weights_.end(), std::uint64_t{0}));
    std::size_t chosen = 0;
    while ((toss -= weights_[chosen]) >= 0) ++chosen;
    return &endpoints_.at(candidates_[chosen]);
}

}  // namespace baton::upstream
