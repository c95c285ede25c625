/// A value of a `key=value` line for people.
#pragma once

#include <string>
#include <string_view>

namespace baton::log {

/// Appends `text`, in quotes when it has anything but plain words. Control characters (C1 included, they
/// steer terminals too), quotes, backslashes and bytes that are no UTF-8 are escaped: a value never starts a
/// line of its own.
void append_text_value(std::string& line, std::string_view text);

}  // namespace baton::log
