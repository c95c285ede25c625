#include "proxy/upstream/maglev_table.h"

#include "proxy/upstream/random.h"
#include "server/assert.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

namespace baton::upstream {

namespace {

constexpr std::uint32_t empty_place = UINT32_MAX;

// Primes: each step through the table then visits every place.
std::uint32_t table_size(std::size_t candidates) {
    constexpr std::array<std::uint32_t, 5> sizes{251, 1021, 4093, 16381, 65521};
    const auto big_enough = [&](std::uint32_t size) { return size >= candidates * 100; };
    const auto* found = std::ranges::find_if(sizes, big_enough);
    return found == sizes.end() ? sizes.back() : *found;
}

struct SipState {
    std::uint64_t v0, v1, v2, v3;
    void round() {
        v0 += v1;
        v1 = std::rotl(v1, 13) ^ v0;
        v0 = std::rotl(v0, 32);
        v2 += v3;
        v3 = std::rotl(v3, 16) ^ v2;
        v0 += v3;
        v3 = std::rotl(v3, 21) ^ v0;
        v2 += v1;
        v1 = std::rotl(v1, 17) ^ v2;
        v2 = std::rotl(v2, 32);
    }
    void take(std::uint64_t word) {
        v3 ^= word;
        round();
        v0 ^= word;
    }
};

// Where a candidate would like to sit: first at `offset`, then every `skip` places.
struct Preference {
    std::uint64_t next;
    std::uint64_t skip;
    double turns = 0;  // how many it has coming
};

}  // namespace

std::uint64_t keyed_hash(std::string_view text, std::uint64_t key0, std::uint64_t key1) {
    SipState state{key0 ^ 0x736f6d6570736575, key1 ^ 0x646f72616e646f6d, key0 ^ 0x6c7967656e657261,
                   key1 ^ 0x7465646279746573};
    std::uint64_t word = static_cast<std::uint64_t>(text.size()) << 56;
    while (text.size() >= 8) {
        std::uint64_t full = 0;
        std::memcpy(&full, text.data(), 8);
        state.take(full);
        text.remove_prefix(8);
    }
    for (std::size_t i = 0; i < text.size(); ++i) {
        word |= static_cast<std::uint64_t>(static_cast<unsigned char>(text[i])) << (8 * i);
    }
    state.take(word);
    state.v2 ^= 0xff;
    for (int i = 0; i < 3; ++i) state.round();
    return state.v0 ^ state.v1 ^ state.v2 ^ state.v3;
}

MaglevTable::MaglevTable(std::span<const Candidate> candidates) {
    if (candidates.empty()) return;
    const std::uint32_t size = table_size(candidates.size());
    std::uint32_t heaviest = 0;
    std::vector<Preference> preferences;
    for (const Candidate& candidate : candidates) {
        ASSERT(candidate.weight > 0);
        heaviest = std::max(heaviest, candidate.weight);
        preferences.push_back(
            {keyed_hash(candidate.label, 1, 0) % size, keyed_hash(candidate.label, 2, 0) % (size - 1) + 1});
    }
    places_.assign(size, empty_place);
    std::uint32_t filled = 0;
    while (filled < size) {
        for (std::size_t i = 0; i < candidates.size() && filled < size; ++i) {
            Preference& preference = preferences[i];
            preference.turns += static_cast<double>(candidates[i].weight) / heaviest;
            if (preference.turns < 1) continue;
            preference.turns -= 1;
            while (places_[preference.next] != empty_place) {
                preference.next = (preference.next + preference.skip) % size;
            }
            places_[preference.next] = candidates[i].index;
            ++filled;
        }
    }
}

std::uint32_t MaglevTable::at(std::uint64_t hash, std::uint32_t attempt) const {
    // Hashed anew each time: with a fixed step, keys would follow an endpoint's own steps through the table.
    if (attempt != 0) hash = Random(hash + attempt).next();
    return places_[hash % places_.size()];
}

}  // namespace baton::upstream
