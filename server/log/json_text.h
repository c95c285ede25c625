/// Copies bytes as the inside of a JSON string, escaping what must be.
#pragma once

#include <string_view>

namespace baton {

/// The most bytes that one byte of a text becomes.
inline constexpr std::size_t json_growth = 6;

/// Writes `text` escaped to `at`, which has room for `json_growth` times its size, and returns the end of
/// what was written. Bytes that are no valid UTF-8 (RFC 3629 §4), controls and DEL become `\u00XX`.
char* copy_json_text(char* at, std::string_view text);

/// The same with less room: never beyond `limit`. Text that does not fit is cut before a character; `cut`
/// then becomes true.
char* copy_json_text(char* at, char* limit, std::string_view text, bool& cut);

/// The length of the valid UTF-8 character that `text` starts with (RFC 3629 §4), 0 when there is none.
std::size_t utf8_character_length(std::string_view text);

}  // namespace baton
