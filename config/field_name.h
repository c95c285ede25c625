/// The characters that HTTP allows in names and values which the configuration hands to it.
#pragma once

#include <string>
#include <string_view>

namespace baton::config {

/// A token of RFC 9110 §5.6.2: a field name, a method, a protocol name.
bool is_token(std::string_view text);
/// Whether the text may stand in a field value: no CR, LF, NUL or other control except the tab (RFC 9110
/// §5.5).
bool is_field_text(std::string_view text);
/// Whether the framing of messages owns the field, so that no rule may touch it (lower case).
bool is_framing_field(std::string_view lower_case_name);
/// ASCII letters in lower case.
std::string lower_case(std::string_view text);

}  // namespace baton::config
