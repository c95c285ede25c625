/// What two workers say to each other while connections cross between them: a head of 24 bytes, and content
/// behind it. docs/control_protocol.md is the specification.
#pragma once

#include "server/result.h"
#include "upgrade/hand_over/parcel.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <variant>

namespace baton::upgrade {

/// The versions of the line that this binary speaks.
inline constexpr std::uint8_t lowest_line_version = 1;
inline constexpr std::uint8_t highest_line_version = 1;

inline constexpr std::size_t message_head_size = 24;
/// The longest packet, bytes: several fit the buffer that a socket has unless somebody changes it.
inline constexpr std::size_t longest_packet = std::size_t{64} * 1024;
inline constexpr std::size_t longest_piece = longest_packet - message_head_size;

/// 252 descriptors at most: one packet carries no more than 253.
inline constexpr std::size_t most_parcels = 126;
/// No further parcel is begun above this, bytes.
inline constexpr std::size_t full_window = std::size_t{1024} * 1024;
/// The longest parcel, bytes, its head included.
inline constexpr std::size_t longest_parcel = std::size_t{2} * 1024 * 1024;
inline constexpr std::size_t longest_window = full_window + longest_parcel;
/// Kind, number of descriptors, length of the fields.
inline constexpr std::size_t parcel_head_size = 8;

/// Receiver, at first and after each COMMIT: what it can take now.
struct BudgetMessage {
    std::uint32_t window = 0;  ///< the one that it has brought to life; 0 at first
    std::uint8_t lowest = lowest_line_version;
    std::uint8_t highest = highest_line_version;
    std::uint32_t free_descriptors = 0;
    ParcelKinds kinds = 0;
    bool operator==(const BudgetMessage&) const = default;
};
/// Sender: a piece of a window. The descriptors of all parcels come with the first piece.
struct OfferMessage {
    std::uint32_t window = 0;  ///< counted from 1
    std::uint16_t parcels = 0;
    std::uint32_t descriptors = 0;
    std::uint32_t size = 0;    ///< of the whole window, bytes
    std::uint32_t offset = 0;  ///< where this piece begins
    std::string_view piece;
    bool operator==(const OfferMessage&) const = default;
};
/// Receiver: every parcel has been understood and is held, or is refused.
struct ReadyMessage {
    std::uint32_t window = 0;
    std::string_view answers;  ///< a byte each: 0 taken, otherwise a Refusal
    bool operator==(const ReadyMessage&) const = default;
};
/// Sender: what was taken is yours now.
struct CommitMessage {
    std::uint32_t window = 0;
    bool operator==(const CommitMessage&) const = default;
};

using HandOverMessage = std::variant<BudgetMessage, OfferMessage, ReadyMessage, CommitMessage>;
using MessageHead = std::array<char, message_head_size>;

/// The head; behind it come the piece of an offer, or the answers.
MessageHead encode_head(const HandOverMessage& message);
/// What is behind the head; a view of what `message` views.
std::string_view content_of(const HandOverMessage& message);
/// Fails with `bad_message` unless this is one whole well-formed message of version 1. The message views
/// `content`.
Result<HandOverMessage> decode(const MessageHead& head, std::string_view content);

/// Refuses for a reason that this version does not know as `unsupported`. `answer` is not 0.
Refusal refusal_of(char answer);

}  // namespace baton::upgrade
