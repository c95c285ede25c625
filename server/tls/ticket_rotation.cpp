#include "server/tls/ticket_rotation.h"

#include "server/tls/material.h"

#include <openssl/rand.h>

#include <algorithm>
#include <cstring>

namespace baton::tls {
namespace {

constexpr std::size_t most_keys = shared::TicketKeyRing::most_keys;
static_assert(config::SessionTickets::most_keys == most_keys);

bool make_random_key(shared::TicketKey& key) {
    return RAND_bytes(key.name.data(), static_cast<int>(key.name.size())) == 1 &&
           RAND_priv_bytes(key.encryption.data(), static_cast<int>(key.encryption.size())) == 1 &&
           RAND_priv_bytes(key.authentication.data(), static_cast<int>(key.authentication.size())) == 1;
}

TicketKeys keys_of(std::span<const TicketKeyFile> files) {
    TicketKeys result;
    for (const TicketKeyFile& file : files.first(std::min(files.size(), most_keys))) {
        shared::TicketKey& key = result.keys[result.count++];
        const std::uint8_t* from = file.data();
        for (const std::span<std::uint8_t> part :
             {std::span<std::uint8_t>(key.name), std::span<std::uint8_t>(key.authentication),
              std::span<std::uint8_t>(key.encryption)}) {
            std::memcpy(part.data(), from, part.size());
            from += part.size();
        }
        key.made_at = 0;
    }
    return result;
}

bool are_equal(const TicketKeys& a, const TicketKeys& b) {
    return a.count == b.count &&
           std::equal(a.all().begin(), a.all().end(), b.all().begin(),
                      [](const auto& x, const auto& y) { return std::memcmp(&x, &y, sizeof x) == 0; });
}

bool fresh_key_is_due(const TicketKeys& present, const TicketRules& rules, std::int64_t now) {
    if (present.count == 0) return true;
    const std::chrono::seconds age{now - present.keys.front().made_at};
    return age >= rules.rotate || age <= -rules.rotate;
}

}  // namespace

TicketRules ticket_rules(const config::SessionTickets& settings, const Material* material) {
    TicketRules rules{settings.rotate, settings.keep, {}};
    if (material != nullptr) rules.files = material->ticket_keys;
    return rules;
}

std::optional<TicketKeys> due_change(const TicketKeys& present, const TicketRules& rules, std::int64_t now,
                                     MakeTicketKey make) {
    if (!rules.files.empty()) {
        TicketKeys from_files = keys_of(rules.files);
        if (are_equal(from_files, present)) return std::nullopt;
        return from_files;
    }
    const std::size_t most = std::min(rules.keep + 1, most_keys);
    TicketKeys result;
    if (fresh_key_is_due(present, rules, now)) {
        if (!make(result.keys.front())) return std::nullopt;
        result.keys.front().made_at = now;
        result.count = 1;
    } else if (present.count <= most) {
        return std::nullopt;
    }
    for (const shared::TicketKey& former : present.all()) {
        if (result.count < most) result.keys[result.count++] = former;
    }
    return result;
}

bool look_after_ticket_keys(shared::TicketKeyRing& ring, const TicketRules& rules, std::int64_t now) {
    const TicketKeys present(ring);
    if (const auto change = due_change(present, rules, now, make_random_key)) {
        ring.replace(change->all());
        return true;
    }
    return !rules.files.empty() || !fresh_key_is_due(present, rules, now);
}

}  // namespace baton::tls
