/// The character classes of HTTP's grammar and the small comparisons that ignore case (RFC 9110 §5.6).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace baton::http {

/// What a byte may be part of; a byte can be in several classes.
enum class CharacterClass : std::uint8_t {
    token = 1,       ///< tchar (RFC 9110 §5.6.2)
    hex_digit = 2,   ///< HEXDIG in either case
    digit = 4,       ///< DIGIT
    host = 8,        ///< what Baton accepts in a name or IPv4 address of an authority
    quotable = 16,   ///< qdtext (RFC 9110 §5.6.4)
    value = 32,      ///< what a field value may hold: HTAB, SP, VCHAR, obs-text (RFC 9110 §5.5)
    whitespace = 64  ///< SP and HTAB
};

namespace character_table {
constexpr std::array<std::uint8_t, 256> make() {
    std::array<std::uint8_t, 256> table{};
    const auto add = [&table](CharacterClass character_class, unsigned first, unsigned last) {
        for (unsigned c = first; c <= last; ++c)
            table[c] = static_cast<std::uint8_t>(table[c] | static_cast<unsigned>(character_class));
    };
    const auto add_each = [&add](CharacterClass character_class, std::string_view characters) {
        for (const char c : characters)
            add(character_class, static_cast<unsigned char>(c), static_cast<unsigned char>(c));
    };
    for (const auto character_class : {CharacterClass::token, CharacterClass::host}) {
        add(character_class, '0', '9');
        add(character_class, 'A', 'Z');
        add(character_class, 'a', 'z');
    }
    add_each(CharacterClass::token, "!#$%&'*+-.^_`|~");
    add_each(CharacterClass::host, "-._~");
    add(CharacterClass::digit, '0', '9');
    add(CharacterClass::hex_digit, '0', '9');
    add(CharacterClass::hex_digit, 'A', 'F');
    add(CharacterClass::hex_digit, 'a', 'f');
    add_each(CharacterClass::whitespace, " \t");
    add_each(CharacterClass::value, "\t");
    add(CharacterClass::value, 0x20, 0x7e);
    add(CharacterClass::value, 0x80, 0xff);
    add_each(CharacterClass::quotable, "\t !");
    add(CharacterClass::quotable, 0x23, 0x5b);
    add(CharacterClass::quotable, 0x5d, 0x7e);
    add(CharacterClass::quotable, 0x80, 0xff);
    return table;
}
inline constexpr std::array<std::uint8_t, 256> classes = make();
}  // namespace character_table

/// Whether `c` belongs to the class.
inline bool is(CharacterClass character_class, char c) {
    return (character_table::classes[static_cast<unsigned char>(c)] &
            static_cast<unsigned>(character_class)) != 0;
}

/// Whether `text` is not empty and every byte of it belongs to the class. Looks at all bytes: without a
/// branch for each.
inline bool consists_of(CharacterClass character_class, std::string_view text) {
    unsigned common = static_cast<unsigned>(character_class);
    for (const char c : text) common &= character_table::classes[static_cast<unsigned char>(c)];
    return common != 0 && !text.empty();
}

/// An ASCII letter in lower case; every other byte unchanged.
constexpr char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

/// Compares without the case of ASCII letters.
inline bool equals_without_case(std::string_view left, std::string_view right) {
    if (left.size() != right.size()) return false;
    for (std::size_t i = 0; i < left.size(); ++i)
        if (lower(left[i]) != lower(right[i])) return false;
    return true;
}

/// `text` without SP and HTAB at both ends (OWS, RFC 9110 §5.6.3).
inline std::string_view without_whitespace(std::string_view text) {
    while (!text.empty() && is(CharacterClass::whitespace, text.front())) text.remove_prefix(1);
    while (!text.empty() && is(CharacterClass::whitespace, text.back())) text.remove_suffix(1);
    return text;
}

/// Takes the first element off a comma-separated list, trimmed; empty elements are returned as such. Splits
/// at every comma: meant for lists of tokens, which know no quoted strings.
inline std::string_view take_list_element(std::string_view& list) {
    const std::size_t comma = list.find(',');
    const std::string_view element = list.substr(0, comma);
    list = comma == std::string_view::npos ? std::string_view{} : list.substr(comma + 1);
    return without_whitespace(element);
}

}  // namespace baton::http
