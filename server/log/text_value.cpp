#include "server/log/text_value.h"

#include "server/log/json_text.h"

#include <algorithm>

namespace baton::log {
namespace {

bool is_plain(char c) {
    return c > ' ' && c < 0x7F && c != '"' && c != '\\' && c != '=';
}

void append_escaped(std::string& line, char c) {
    constexpr char digits[] = "0123456789abcdef";
    const auto byte = static_cast<unsigned char>(c);
    line += {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
}

/// U+0080 to U+009F.
bool is_control_pair(std::string_view character) {
    return character[0] == '\xC2' && static_cast<unsigned char>(character[1]) < 0xA0;
}

}  // namespace

void append_text_value(std::string& line, std::string_view text) {
    if (!text.empty() && std::all_of(text.begin(), text.end(), is_plain)) {
        line += text;
        return;
    }
    line += '"';
    while (!text.empty()) {
        const char c = text.front();
        const std::size_t length = utf8_character_length(text);
        if (length > 1 && !is_control_pair(text)) {
            line += text.substr(0, length);
            text.remove_prefix(length);
            continue;
        }
        if (c == '"' || c == '\\') {
            line += {'\\', c};
        } else if (c == '\n') {
            line += "\\n";
        } else if (c == '\r') {
            line += "\\r";
        } else if (c == '\t') {
            line += "\\t";
        } else if (c >= ' ' && c < 0x7F) {
            line += c;
        } else {
            append_escaped(line, c);
        }
        text.remove_prefix(1);
    }
    line += '"';
}

}  // namespace baton::log
