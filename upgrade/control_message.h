/// What a predecessor and its successor say to each other, in a form that any two versions can read: a header
/// and type-length-value fields, little-endian. docs/control_protocol.md is the specification.
#pragma once

#include "server/event/clock.h"
#include "server/result.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <variant>

namespace baton::upgrade {

/// The versions of the conversation that this binary can hold.
inline constexpr std::uint16_t lowest_protocol = 1;
inline constexpr std::uint16_t highest_protocol = 1;

/// The longest message, bytes; a longer one is garbage.
inline constexpr std::size_t longest_control_message = 16 * 1024;
/// The longest text in a message, bytes; a longer one is cut when it is encoded.
inline constexpr std::size_t longest_control_text = 4 * 1024;

/// Bits of `Hello::features`.
namespace feature {
inline constexpr std::uint64_t trials = 1;  ///< COMMIT on trial, DECIDE, TRIAL_OVER, RETURN
}

/// Both sides, first of all. A side that finds no common version, or hears anything else first, goes no
/// further.
struct Hello {
    std::uint16_t lowest = lowest_protocol;
    std::uint16_t highest = highest_protocol;
    std::uint32_t pid = 0;
    std::uint32_t generation = 0;    ///< the one that serves; from a successor 0
    std::uint64_t parcel_kinds = 0;  ///< bit n = this side can take parcels of kind n
    std::string version;
    std::string build;
    std::string binary;          ///< from the predecessor: path of the file that was executed
    std::uint64_t features = 0;  ///< what else this side knows; bits of `Feature`
    bool operator==(const Hello&) const = default;
};
/// Successor: every worker has turned its loop.
struct Ready {
    std::uint32_t generation = 0;
    std::uint32_t workers = 0;
    bool operator==(const Ready&) const = default;
};
/// Successor: it gives up and is about to exit with this code.
struct Failed {
    std::int32_t exit_code = 0;
    std::string reason;
    bool operator==(const Failed&) const = default;
};
/// Predecessor: accept from now on. With it come the lines to the older masters, which the successor now
/// commands.
struct Commit {
    bool on_trial = false;       ///< the predecessor stands by, and may take everything back
    std::uint16_t share = 1000;  ///< of the new connections, in thousandths
    bool operator==(const Commit&) const = default;
};
/// Successor: it accepts, and the pid file and the admin socket are its own.
struct Accepting {
    bool operator==(const Accepting&) const = default;
};
/// The serving master to an older one: end a generation (or all, 0) by these points in time.
struct Stop {
    std::uint32_t generation = 0;
    std::int64_t deadline = 0;          ///< CLOCK_MONOTONIC nanoseconds
    std::int64_t close_spread = 0;      ///< nanoseconds
    std::int64_t idle_grace_until = 0;  ///< CLOCK_MONOTONIC nanoseconds
    bool operator==(const Stop&) const = default;
};
/// The serving master to an older one: open the logs anew.
struct Reopen {
    bool operator==(const Reopen&) const = default;
};

/// Predecessor: its generation hands its live connections over. With it come the successor's ends of links,
/// of which the first is link number `first`. Only for a successor whose HELLO names kinds of parcels.
struct HandOver {
    std::uint32_t generation = 0;
    std::uint32_t first = 0;
    bool operator==(const HandOver&) const = default;
};

/// The serving master to an older one: its workers take what older generations still have. Answered by
/// HAND_OVER, or not at all.
struct Invite {
    std::uint32_t generation = 0;  ///< that invites
    std::uint32_t workers = 0;
    std::uint64_t parcel_kinds = 0;
    bool operator==(const Invite&) const = default;
};

/// A successor on trial: its operator ends the trial.
struct Decide {
    enum class Decision : std::uint8_t { keep = 1, give_back = 2 };
    Decision decision = Decision::keep;
    bool operator==(const Decide&) const = default;
};
/// Predecessor: from now on this share of the new connections, in thousandths.
struct Share {
    std::uint16_t share = 1000;
    bool operator==(const Share&) const = default;
};
/// Predecessor: the successor serves for good.
struct TrialOver {
    bool operator==(const TrialOver&) const = default;
};
/// Predecessor: the trial has failed. The successor's generation hands over to the predecessor's workers,
/// over the links that come with this as with HAND_OVER, and ends.
struct Return {
    std::uint32_t generation = 0;  ///< that takes everything back
    std::uint32_t first = 0;
    bool operator==(const Return&) const = default;
};

/// A process whose commander has died, to the master that adopts it: what is left. With it come as many
/// descriptors as `names` has; of a long list in several messages.
struct Estate {
    std::uint32_t generation = 0;
    std::uint32_t processes = 0;  ///< of the lineage that could answer as well, itself included
    std::string names;            ///< of the descriptors, as in LISTEN_FDNAMES
    bool is_last = false;
    bool operator==(const Estate&) const = default;
};

using ControlMessage = std::variant<Hello, Ready, Failed, Commit, Accepting, Stop, Reopen, HandOver, Invite,
                                    Decide, TrialOver, Return, Share, Estate>;

/// At most `longest_control_message` bytes.
std::string encode(const ControlMessage& message);
/// Fails with `bad_message` unless `bytes` are one whole well-formed message of a known kind with every field
/// it needs. Unknown fields are skipped: a later version may say more.
Result<ControlMessage> decode(std::span<const std::byte> bytes);

/// The highest version that both sides speak, or 0.
std::uint16_t common_protocol(const Hello& one, const Hello& other);

}  // namespace baton::upgrade
