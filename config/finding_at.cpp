#include "config/finding_at.h"

#include "config/read_file.h"
#include "config/scalar_extent.h"
#include "config/source_file.h"

#include <algorithm>
#include <utility>

namespace baton::config {
namespace {

constexpr std::size_t largest_file = 4 * 1024 * 1024;
constexpr std::size_t longest_source_line = 4096;

/// How many bytes of `text` the value at its front takes.
std::size_t value_length(std::string_view text) {
    if (text.empty()) return 1;
    if (text.front() == '"' || text.front() == '\'') return find_scalar_extent(text, 0, {}, true).length;
    std::size_t end = text.size();
    for (const std::string_view stop : {" #", ": ", ", ", "}", "]"}) end = std::min(end, text.find(stop));
    text = text.substr(0, end);
    if (text.ends_with(':') || text.ends_with(',')) text.remove_suffix(1);
    const std::size_t last = text.find_last_not_of(" \t");
    return last == std::string_view::npos ? 1 : last + 1;
}

}  // namespace

Finding finding_at(const Origin& origin, Severity severity, std::string_view code, std::string path,
                   std::string message, std::string help) {
    Finding finding;
    finding.severity = severity;
    finding.code = code;
    finding.file = origin.file;
    finding.line = origin.line;
    finding.column = origin.column;
    finding.end_column = origin.column + 1;
    finding.path = std::move(path);
    finding.message = std::move(message);
    finding.help = std::move(help);
    if (origin.file.empty() || origin.line < 1 || origin.column < 1) return finding;
    auto file = read_file(origin.file, largest_file);
    if (!file) return finding;
    const SourceFile source(origin.file, std::move(file->text));
    const std::string_view line = source.line(origin.line);
    const auto before = static_cast<std::size_t>(origin.column - 1);
    if (line.size() > longest_source_line || before > line.size()) return finding;
    finding.source_line = line;
    finding.end_column = origin.column + static_cast<int>(value_length(line.substr(before)));
    return finding;
}

}  // namespace baton::config
