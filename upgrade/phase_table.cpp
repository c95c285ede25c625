#include "upgrade/phase_table.h"

#include <utility>

namespace baton::upgrade {
namespace {

using Row = std::array<Reaction, all_events.size()>;

constexpr auto none = Reaction::none;
constexpr auto start = Reaction::start;
constexpr auto advance = Reaction::advance;
constexpr auto refuse = Reaction::refuse;
constexpr auto roll_back = Reaction::roll_back;
constexpr auto judge = Reaction::judge;
constexpr auto stay = Reaction::stay;
constexpr auto take_back = Reaction::take_back;
constexpr auto abandon = Reaction::abandon;

// clang-format off
constexpr std::array<Row, all_phases.size()> table{{
    // preflight_passed
    //          spawned  hello    ready      accepting  failed     deadline   fault_found stand_by keep  cancel     order
    {none,      none,    none,    none,      none,      none,      none,      none,       none,    none, none,      start},   // idle
    {advance,   none,    none,    none,      roll_back, roll_back, roll_back, none,       none,    none, roll_back, refuse},  // preflight
    {none,      advance, none,    none,      roll_back, roll_back, roll_back, none,       none,    none, roll_back, refuse},  // spawning
    {none,      none,    advance, roll_back, roll_back, roll_back, roll_back, none,       none,    none, roll_back, refuse},  // awaiting_hello
    {none,      none,    none,    advance,   roll_back, roll_back, roll_back, none,       none,    none, roll_back, refuse},  // awaiting_ready
    {none,      none,    none,    none,      advance,   roll_back, roll_back, none,       none,    none, roll_back, refuse},  // switching
    {none,      none,    none,    none,      abandon,   abandon,   judge,     take_back,  none,    stay, take_back, refuse},  // canary
    {none,      none,    none,    none,      abandon,   abandon,   none,      take_back,  advance, stay, take_back, refuse},  // side_by_side
    {none,      none,    none,    none,      abandon,   abandon,   stay,      take_back,  none,    stay, take_back, refuse},  // probation
}};
// clang-format on

}  // namespace

Reaction reaction(Phase phase, Event event) {
    return table[static_cast<std::size_t>(phase)][static_cast<std::size_t>(event)];
}

std::string_view to_string(Phase phase) {
    switch (phase) {
        case Phase::idle: return "idle";
        case Phase::preflight: return "preflight";
        case Phase::spawning: return "spawning";
        case Phase::awaiting_hello: return "awaiting_hello";
        case Phase::awaiting_ready: return "awaiting_ready";
        case Phase::switching: return "switching";
        case Phase::canary: return "canary";
        case Phase::side_by_side: return "side_by_side";
        case Phase::probation: return "probation";
    }
    return "unknown";
}

std::string_view to_string(Event event) {
    switch (event) {
        case Event::preflight_passed: return "preflight passed";
        case Event::spawned: return "spawned";
        case Event::hello: return "HELLO";
        case Event::ready: return "READY";
        case Event::accepting: return "ACCEPTING";
        case Event::failed: return "successor fails";
        case Event::deadline: return "deadline";
        case Event::fault_found: return "fault found";
        case Event::stand_by: return "stand by";
        case Event::keep: return "keep";
        case Event::cancel: return "cancel";
        case Event::order: return "another order";
    }
    return "unknown";
}

std::string_view to_string(Reaction reaction) {
    switch (reaction) {
        case Reaction::none: return "–";
        case Reaction::start: return "start";
        case Reaction::advance: return "advance";
        case Reaction::refuse: return "refuse";
        case Reaction::roll_back: return "roll back";
        case Reaction::judge: return "judge";
        case Reaction::stay: return "stay";
        case Reaction::take_back: return "take back";
        case Reaction::abandon: return "abandon";
    }
    return "unknown";
}

}  // namespace baton::upgrade
