#include "config/scalar_extent.h"

#include <algorithm>

namespace baton::config {
namespace {

/// Skips `&anchor` and `!tag` with the blanks behind them, as long as they are on one line.
std::size_t properties_length(std::string_view text) {
    std::size_t i = 0;
    while (i < text.size() && (text[i] == '&' || text[i] == '!')) {
        std::size_t end = text.find_first_of(" \t\r\n", i);
        if (end == std::string_view::npos) return text.size();
        i = std::min(text.find_first_not_of(" \t", end), text.size());
        if (i < text.size() && (text[i] == '\r' || text[i] == '\n')) return i;
    }
    return i;
}

/// The offset behind the closing quote, `npos` when there is none. `text` begins with the opening one.
std::size_t end_of_quoted(std::string_view text) {
    const char quote = text.front();
    for (std::size_t i = 1; i < text.size(); ++i) {
        if (quote == '"' && text[i] == '\\') {
            ++i;
        } else if (text[i] == quote) {
            const bool doubled = quote == '\'' && i + 1 < text.size() && text[i + 1] == '\'';
            if (!doubled) return i + 1;
            ++i;
        }
    }
    return std::string_view::npos;
}

}  // namespace

ScalarExtent find_scalar_extent(std::string_view text, std::size_t offset, std::string_view value,
                                bool quoted) {
    ScalarExtent extent;
    if (offset >= text.size()) return extent;
    text.remove_prefix(offset);
    extent.skipped = properties_length(text);
    text.remove_prefix(extent.skipped);
    const std::string_view line = text.substr(0, std::min(text.find_first_of("\r\n"), text.size()));
    if (line.empty()) {  // the value stands on a later line than its anchor
        extent.skipped = 0;
        return extent;
    }
    if (quoted && (line.front() == '"' || line.front() == '\'')) {
        const std::size_t end = end_of_quoted(text);
        extent.closed = end != std::string_view::npos;
        extent.length = std::min(line.size(), end);
        return extent;
    }
    if (!quoted && line.starts_with(value)) extent.length = std::max<std::size_t>(value.size(), 1);
    return extent;
}

}  // namespace baton::config
