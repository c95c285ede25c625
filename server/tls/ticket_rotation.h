/// When keys of session tickets are made, and when they go.
#pragma once

#include "config/config.h"
#include "server/tls/ticket_keys.h"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace baton::tls {

struct Material;

/// `tls.session_tickets` of the serving generation.
struct TicketRules {
    std::chrono::milliseconds rotate;      ///< the age at which a key no longer encrypts
    std::size_t keep;                      ///< former keys that still open tickets
    std::span<const TicketKeyFile> files;  ///< not empty: these are the keys, and none is made
};

/// The rules of a generation. `material` is null without TLS, and outlives the rules.
TicketRules ticket_rules(const config::SessionTickets& settings, const Material* material);

/// Fills a key with random bytes; false when there are none.
using MakeTicketKey = bool (*)(shared::TicketKey& key);

/// What the ring should hold at `now` (wall clock, seconds since 1970), or nothing when `present` is right as
/// it is, or no key can be made. A clock that was set back by more than `rotate` makes a key due as well:
/// it would otherwise encrypt for as long as the clock was ahead.
std::optional<TicketKeys> due_change(const TicketKeys& present, const TicketRules& rules, std::int64_t now,
                                     MakeTicketKey make);

/// Makes the change that is due in the ring. Only in the serving master. False when a key is due and cannot
/// be made; the ring is then as it was.
bool look_after_ticket_keys(shared::TicketKeyRing& ring, const TicketRules& rules, std::int64_t now);

}  // namespace baton::tls
