/// Reloads, upgrades and rollbacks in `baton status`: how many ended how, the last ones, and the trial that
/// is under way.
#pragma once

#include "server/event/clock.h"
#include "server/log/json_writer.h"
#include "server/shared/lineage_memory.h"

#include <optional>
#include <string>

namespace baton::upgrade {

/// Bytes that `write_replacements` needs at most.
inline constexpr std::size_t replacements_json_size = 12 * 1024;

/// The trial that is under way; nothing when its judge is gone.
std::optional<shared::TrialRecord> living_trial(shared::LineageMemory& memory);
/// As a phase of an upgrade is called.
std::string_view to_string(shared::TrialRecord::Phase phase);

/// The keys `replacements`, `last_upgrade`, `last_reload` and `trial`, those that there is something to say
/// of.
void write_replacements(JsonWriter& json, shared::LineageMemory& memory, TimePoint now);
/// A line for the last upgrade or rollback, one for the last reload that went wrong, and some for a trial.
void append_replacements(std::string& text, shared::LineageMemory& memory, TimePoint now);

}  // namespace baton::upgrade
