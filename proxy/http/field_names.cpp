// The known field names: a table that the compiler makes, looked up by a hash without collisions.
#include "proxy/http/characters.h"
#include "proxy/http/heads.h"

#include <array>
#include <bit>
#include <cstring>

namespace baton::http {

namespace {

constexpr std::size_t id_count = static_cast<std::size_t>(FieldId::count_);
constexpr std::size_t longest_name = 24;

/// In the order of FieldId.
constexpr std::array<std::string_view, id_count> names{
    "",
    "Accept",
    "Age",
    "Authorization",
    "Cache-Control",
    "Connection",
    "Content-Length",
    "Content-Type",
    "Cookie",
    "Date",
    "Expect",
    "Forwarded",
    "Host",
    "HTTP2-Settings",
    "Keep-Alive",
    "Max-Forwards",
    "Proxy-Authenticate",
    "Proxy-Authorization",
    "Proxy-Connection",
    "Referer",
    "Sec-WebSocket-Accept",
    "Sec-WebSocket-Extensions",
    "Sec-WebSocket-Key",
    "Sec-WebSocket-Version",
    "Server",
    "TE",
    "traceparent",
    "tracestate",
    "Trailer",
    "Transfer-Encoding",
    "Upgrade",
    "User-Agent",
    "Via",
    "X-Accel-Buffering",
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Port",
    "X-Forwarded-Proto",
    "X-Real-IP",
};

/// A name as three words: its bytes in lower case, and the bits in which a letter may differ from that. Short
/// names repeat bytes, so that no load crosses the name's ends.
struct Words {
    std::array<std::uint64_t, 3> bytes{};
};

constexpr std::uint64_t load_at_compile_time(std::string_view name, std::size_t at, std::size_t size) {
    std::uint64_t word = 0;
    for (std::size_t i = 0; i < size; ++i) {
        const std::size_t shift = std::endian::native == std::endian::little ? i : size - 1 - i;
        word |= static_cast<std::uint64_t>(static_cast<unsigned char>(name[at + i])) << (8 * shift);
    }
    return word;
}

inline std::uint64_t load8(const char* from) {
    std::uint64_t word;
    std::memcpy(&word, from, sizeof word);
    return word;
}

inline std::uint64_t load4(const char* from) {
    std::uint32_t word;
    std::memcpy(&word, from, sizeof word);
    return word;
}

/// The words of a name of 2 to 24 bytes: both overlapping halves of a short one; beginning, middle and end of
/// a long one.
template <class Load4, class Load8, class Load1>
constexpr Words words_of(std::size_t size, Load1 load_one, Load4 load_four, Load8 load_eight) {
    if (size >= 8) return {{load_eight(0), load_eight(size > 16 ? 8 : 0), load_eight(size - 8)}};
    if (size >= 4) return {{load_four(0), load_four(size - 4), 0}};
    return {{load_one(0), load_one(size / 2), load_one(size - 1)}};
}

constexpr Words words_of(std::string_view name) {
    return words_of(
        name.size(), [name](std::size_t at) { return load_at_compile_time(name, at, 1); },
        [name](std::size_t at) { return load_at_compile_time(name, at, 4); },
        [name](std::size_t at) { return load_at_compile_time(name, at, 8); });
}

inline Words load_words(std::string_view name) {
    const char* from = name.data();
    return words_of(
        name.size(), [from](std::size_t at) { return std::uint64_t{static_cast<unsigned char>(from[at])}; },
        [from](std::size_t at) { return load4(from + at); },
        [from](std::size_t at) { return load8(from + at); });
}

struct Known {
    Words lower_case;
    Words same;  ///< bits in which a received name may not differ
    std::uint32_t size = 0;
    FieldId id = FieldId::other;
};

constexpr Known known_name(FieldId id) {
    const std::string_view name = names[static_cast<std::size_t>(id)];
    std::array<char, longest_name> lower_case{};
    std::array<char, longest_name> letters{};
    for (std::size_t i = 0; i < name.size(); ++i) {
        lower_case[i] = lower(name[i]);
        letters[i] = lower_case[i] >= 'a' && lower_case[i] <= 'z' ? 0x20 : 0;
    }
    Known known{words_of(std::string_view{lower_case.data(), name.size()}),
                words_of(std::string_view{letters.data(), name.size()}),
                static_cast<std::uint32_t>(name.size()), id};
    for (std::uint64_t& word : known.same.bytes) word = ~word;
    return known;
}

constexpr std::size_t slots = 256;

/// Size and three letters tell all known names apart; the compiler finds a factor that spreads them over the
/// slots.
constexpr std::size_t slot_of(std::string_view name, std::uint32_t factor) {
    const auto letter = [name](std::size_t at) { return static_cast<std::uint32_t>(name[at]) & 0x1f; };
    const std::size_t near_end = name.size() < 4 ? 0 : name.size() - 4;
    const std::uint32_t mixed = letter(0) | letter(near_end) << 5 | letter(name.size() - 1) << 10 |
                                static_cast<std::uint32_t>(name.size()) << 15;
    return mixed * factor >> 24;
}

constexpr bool separates(std::uint32_t factor) {
    std::array<bool, slots> taken{};
    for (std::size_t id = 1; id < id_count; ++id) {
        bool& slot = taken[slot_of(names[id], factor)];
        if (slot) return false;
        slot = true;
    }
    return true;
}

constexpr std::uint32_t find_factor() {
    std::uint32_t factor = 0x9e3779b1;
    while (!separates(factor)) factor = factor * 1664525 + 1013904223;
    return factor;
}

constexpr std::uint32_t factor_found = find_factor();

constexpr std::array<Known, slots> make_table() {
    std::array<Known, slots> known;
    for (std::size_t id = 1; id < id_count; ++id)
        known[slot_of(names[id], factor_found)] = known_name(static_cast<FieldId>(id));
    return known;
}

constexpr std::array<Known, slots> table = make_table();

}  // namespace

FieldId field_id(std::string_view name) {
    if (name.size() < 2) return FieldId::other;
    const Known& known = table[slot_of(name, factor_found)];
    if (known.size != name.size()) return FieldId::other;
    const Words words = load_words(name);
    const auto differs = [&](std::size_t i) {
        return (words.bytes[i] ^ known.lower_case.bytes[i]) & known.same.bytes[i];
    };
    return (differs(0) | differs(1) | differs(2)) == 0 ? known.id : FieldId::other;
}

std::string_view field_name(FieldId id) {
    return names[static_cast<std::size_t>(id)];
}

}  // namespace baton::http
