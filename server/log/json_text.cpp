#include "server/log/json_text.h"

#include "server/log/escaped_copy.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace baton {
namespace {

/// What a text's first character becomes, and how many bytes of the text it is.
struct Character {
    std::array<char, 6> bytes;
    std::size_t size;
    std::size_t consumed;
};

Character first_character(std::string_view text) {
    constexpr char digits[] = "0123456789abcdef";
    const char c = text.front();
    if (is_plain_byte(c)) return {{c}, 1, 1};
    switch (c) {
        case '"': return {{'\\', '"'}, 2, 1};
        case '\\': return {{'\\', '\\'}, 2, 1};
        case '\n': return {{'\\', 'n'}, 2, 1};
        case '\r': return {{'\\', 'r'}, 2, 1};
        case '\t': return {{'\\', 't'}, 2, 1};
        default: break;
    }
    if (const std::size_t length = utf8_character_length(text); length > 1) {
        Character character{{}, length, length};
        std::copy_n(text.data(), length, character.bytes.data());
        return character;
    }
    const auto byte = static_cast<unsigned char>(c);
    return {{'\\', 'u', '0', '0', digits[byte >> 4], digits[byte & 15]}, 6, 1};
}

}  // namespace

std::size_t utf8_character_length(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const auto continues = [&](std::size_t i) { return i < text.size() && (byte(i) & 0xC0) == 0x80; };
    if (text.empty()) return 0;
    const unsigned char first = byte(0);
    if (first < 0x80) return 1;
    if (first < 0xC2 || first > 0xF4 || !continues(1)) return 0;
    if (first < 0xE0) return 2;
    if (first == 0xE0 && byte(1) < 0xA0) return 0;  // overlong
    if (first == 0xED && byte(1) > 0x9F) return 0;  // surrogate
    if (!continues(2)) return 0;
    if (first < 0xF0) return 3;
    if (first == 0xF0 && byte(1) < 0x90) return 0;  // overlong
    if (first == 0xF4 && byte(1) > 0x8F) return 0;  // beyond U+10FFFF
    return continues(3) ? 4 : 0;
}

char* copy_json_text(char* at, std::string_view text) {
    return copy_escaped(at, text, [](char*& to, std::string_view rest) {
        const Character character = first_character(rest);
        std::memcpy(to, character.bytes.data(), character.size);
        to += character.size;
        return character.consumed;
    });
}

char* copy_json_text(char* at, char* limit, std::string_view text, bool& cut) {
    if (text.size() * json_growth <= static_cast<std::size_t>(limit - at)) return copy_json_text(at, text);
    while (!text.empty()) {
        const Character character = first_character(text);
        if (character.size > static_cast<std::size_t>(limit - at)) {
            cut = true;
            return at;
        }
        std::memcpy(at, character.bytes.data(), character.size);
        at += character.size;
        text.remove_prefix(character.consumed);
    }
    return at;
}

}  // namespace baton
