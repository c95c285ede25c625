/// Copies bytes as the inside of a JSON string, escaping what must be.
#pragma once

#include <string_view>

namespace baton {

/// Writes `text` escaped to `at`, never beyond `limit`, and returns the end of what was written. Bytes that
/// are no valid UTF-8 (RFC 3629 §4) become `\u00XX`. Text that does not fit is cut before a character; `cut`
/// then becomes true.
char* copy_json_text(char* at, char* limit, std::string_view text, bool& cut);

/// The length of the valid UTF-8 character that `text` starts with (RFC 3629 §4), 0 when there is none.
std::size_t utf8_character_length(std::string_view text);

}  // namespace baton
