/// What becomes of a replacement when something happens: one reaction for each phase and each event.
/// `Upgrade` does what stands here, and docs/phase_table.md is printed from it.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace baton::upgrade {

/// Where a replacement is, seen from the predecessor.
enum class Phase : std::uint8_t {
    idle,
    preflight,
    spawning,
    awaiting_hello,
    awaiting_ready,
    switching,
    canary,
    side_by_side,
    probation
};
inline constexpr std::array all_phases{Phase::idle,           Phase::preflight,      Phase::spawning,
                                       Phase::awaiting_hello, Phase::awaiting_ready, Phase::switching,
                                       Phase::canary,         Phase::side_by_side,   Phase::probation};
/// As in logs and `baton status`.
std::string_view to_string(Phase phase);
/// Whether the successor accepts already and may still be taken back.
constexpr bool is_trial(Phase phase) {
    return phase == Phase::canary || phase == Phase::side_by_side || phase == Phase::probation;
}

enum class Event : std::uint8_t {
    // Of the successor.
    preflight_passed,
    spawned,
    hello,
    ready,
    accepting,
    failed,  ///< it has ended, given up, or broken the protocol
    // Of time.
    deadline,  ///< of the phase
    // Of the predecessor.
    fault_found,  ///< the successor on trial dies too often, or does worse than the predecessor
    // Of the operator.
    stand_by,  ///< by hand: the live connections go over
    keep,      ///< the trial is over, the successor stays
    cancel,    ///< everything is to be as before, or this instance stops
    order,     ///< another replacement is wanted
};
inline constexpr std::array all_events{
    Event::preflight_passed, Event::spawned, Event::hello,    Event::ready,
    Event::accepting,        Event::failed,  Event::deadline, Event::fault_found,
    Event::stand_by,         Event::keep,    Event::cancel,   Event::order};
std::string_view to_string(Event event);

enum class Reaction : std::uint8_t {
    none,       ///< it does not concern this phase
    start,      ///< a replacement begins
    advance,    ///< the next phase begins; after the last one the successor stays
    refuse,     ///< whoever wants it is told why; the phase goes on
    roll_back,  ///< the successor is ended; the predecessor serves on, nothing has changed
    judge,      ///< the present share of a canary lasts until there is an opinion, then the next begins
    stay,       ///< the successor stays, with every connection; the predecessor retires
    take_back,  ///< the predecessor serves again; the successor returns its connections and retires
    abandon,    ///< the same without its master: its workers are adopted, and return them
};
std::string_view to_string(Reaction reaction);

Reaction reaction(Phase phase, Event event);

}  // namespace baton::upgrade
