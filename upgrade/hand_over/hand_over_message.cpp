#include "upgrade/hand_over/hand_over_message.h"

#include "server/assert.h"

#include <optional>

namespace baton::upgrade {
namespace {

/// Bytes 0–3 of every message. Not text, and not that of the masters' line.
constexpr std::uint32_t magic = 0xB470'4E02;

enum class Kind : std::uint8_t { budget = 1, offer = 2, ready = 3, commit = 4 };

/// Where things stand in the head; what a kind does not use is 0.
enum Place : std::size_t {
    magic_at = 0,
    version_at = 4,
    kind_at = 5,
    count_at = 6,  // two bytes: parcels, answers; a budget has two versions of one byte
    highest_at = 7,
    window_at = 8,
    descriptors_at = 12,
    size_at = 16,  // four bytes; a budget has its mask of kinds in these and the next four
    offset_at = 20,
};

void put(MessageHead& head, Place place, std::uint64_t value, std::size_t bytes) {
    for (std::size_t i = 0; i < bytes; ++i) head[place + i] = static_cast<char>(value >> (8 * i) & 0xFF);
}

template <class Integer>
void put(MessageHead& head, Place place, Integer value) {
    put(head, place, value, sizeof value);
}

template <class Integer>
Integer get(const MessageHead& head, Place place) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < sizeof(Integer); ++i)
        value |= std::uint64_t{static_cast<std::uint8_t>(head[place + i])} << (8 * i);
    return static_cast<Integer>(value);
}

MessageHead begin(Kind kind, std::uint32_t window) {
    MessageHead head{};
    put(head, magic_at, magic);
    put(head, version_at, lowest_line_version);
    put(head, kind_at, static_cast<std::uint8_t>(kind));
    put(head, window_at, window);
    return head;
}

MessageHead write(const BudgetMessage& budget) {
    MessageHead head = begin(Kind::budget, budget.window);
    put(head, count_at, budget.lowest);
    put(head, highest_at, budget.highest);
    put(head, descriptors_at, budget.free_descriptors);
    put(head, size_at, budget.kinds);
    return head;
}
MessageHead write(const OfferMessage& offer) {
    MessageHead head = begin(Kind::offer, offer.window);
    put(head, count_at, offer.parcels);
    put(head, descriptors_at, offer.descriptors);
    put(head, size_at, offer.size);
    put(head, offset_at, offer.offset);
    return head;
}
MessageHead write(const ReadyMessage& ready) {
    MessageHead head = begin(Kind::ready, ready.window);
    put(head, count_at, static_cast<std::uint16_t>(ready.answers.size()));
    return head;
}
MessageHead write(const CommitMessage& commit) {
    return begin(Kind::commit, commit.window);
}

BudgetMessage read_budget(const MessageHead& head) {
    return {get<std::uint32_t>(head, window_at), get<std::uint8_t>(head, count_at),
            get<std::uint8_t>(head, highest_at), get<std::uint32_t>(head, descriptors_at),
            get<ParcelKinds>(head, size_at)};
}
OfferMessage read_offer(const MessageHead& head, std::string_view content) {
    return {get<std::uint32_t>(head, window_at),      get<std::uint16_t>(head, count_at),
            get<std::uint32_t>(head, descriptors_at), get<std::uint32_t>(head, size_at),
            get<std::uint32_t>(head, offset_at),      content};
}

std::optional<HandOverMessage> read(const MessageHead& head, std::string_view content) {
    const auto window = get<std::uint32_t>(head, window_at);
    switch (static_cast<Kind>(get<std::uint8_t>(head, kind_at))) {
        case Kind::budget: return read_budget(head);
        case Kind::offer: return read_offer(head, content);
        case Kind::ready: return ReadyMessage{window, content};
        case Kind::commit: return CommitMessage{window};
    }
    return std::nullopt;
}

bool makes_sense(const BudgetMessage& budget) {
    return budget.lowest >= 1 && budget.lowest <= budget.highest;
}
bool makes_sense(const OfferMessage& offer) {
    return offer.window != 0 && offer.parcels >= 1 && offer.parcels <= most_parcels &&
           offer.descriptors <= offer.parcels * most_descriptors_of_parcel &&
           offer.size >= offer.parcels * parcel_head_size && offer.size <= longest_window &&
           !offer.piece.empty() && offer.piece.size() <= longest_piece && offer.offset < offer.size &&
           offer.piece.size() <= offer.size - offer.offset;
}
bool makes_sense(const ReadyMessage& ready) {
    return ready.window != 0 && !ready.answers.empty() && ready.answers.size() <= most_parcels;
}
bool makes_sense(const CommitMessage& commit) {
    return commit.window != 0;
}

}  // namespace

MessageHead encode_head(const HandOverMessage& message) {
    return std::visit([](const auto& m) { return write(m); }, message);
}

std::string_view content_of(const HandOverMessage& message) {
    if (const auto* offer = std::get_if<OfferMessage>(&message)) return offer->piece;
    if (const auto* ready = std::get_if<ReadyMessage>(&message)) return ready->answers;
    return {};
}

Result<HandOverMessage> decode(const MessageHead& head, std::string_view content) {
    const auto bad = failure(Reason::bad_message, Side::internal);
    auto message = read(head, content);
    if (!message || !std::visit([](const auto& m) { return makes_sense(m); }, *message)) return bad;
    // There is one way to write a message: another magic or version, a bit where none belongs, content that
    // is not announced are all seen here.
    if (encode_head(*message) != head || content_of(*message).size() != content.size()) return bad;
    return *message;
}

Refusal refusal_of(char answer) {
    ASSERT(answer != 0);
    const auto value = static_cast<std::uint8_t>(answer);
    if (value > static_cast<std::uint8_t>(Refusal::unsupported)) return Refusal::unsupported;
    return static_cast<Refusal>(value);
}

}  // namespace baton::upgrade
