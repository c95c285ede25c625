/// A number that is a whole word of a line between a command and an instance.
#pragma once

#include <charconv>
#include <optional>
#include <string_view>

namespace baton::admin {

/// Nothing when the word is empty, is no number, does not fit or has something behind it.
template <class Number>
std::optional<Number> read_number(std::string_view word) {
    Number number{};
    const char* const end = word.data() + word.size();
    const auto [stopped_at, error] = std::from_chars(word.data(), end, number);
    if (error != std::errc{} || stopped_at != end) return std::nullopt;
    return number;
}

}  // namespace baton::admin
