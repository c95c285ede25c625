#include "config/report.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

namespace baton::config {
namespace {

// A hostile file must not make the report larger than itself by orders of magnitude.
constexpr std::size_t most_findings = 1000;
constexpr std::size_t longest_source_line = 4096;

}  // namespace

Finding& Report::add(Severity severity, std::string_view code, const Place& place, std::string path,
                     std::string message, std::string help) {
    Finding finding;
    finding.severity = severity;
    finding.code = code;
    finding.path = std::move(path);
    finding.message = std::move(message);
    finding.help = std::move(help);
    if (place.file != nullptr) {
        finding.file = place.file->name();
        finding.line = place.line;
        finding.column = place.column;
        finding.end_column = std::max(place.end_column, place.column + 1);
        const std::string_view line = place.file->line(place.line);
        if (line.size() <= longest_source_line) finding.source_line = line;
    }
    if (severity == Severity::error) ++errors_;
    if (findings_.size() >= most_findings) {
        spare_ = std::move(finding);
        return spare_;
    }
    findings_.push_back(std::move(finding));
    return findings_.back();
}

Finding& Report::error(std::string_view code, const Place& place, std::string path, std::string message,
                       std::string help) {
    return add(Severity::error, code, place, std::move(path), std::move(message), std::move(help));
}

Finding& Report::warning(std::string_view code, const Place& place, std::string path, std::string message,
                         std::string help) {
    return add(Severity::warning, code, place, std::move(path), std::move(message), std::move(help));
}

std::vector<Finding> Report::sorted() const {
    const auto rank = [this](const std::string& file) {
        return std::find(files_.begin(), files_.end(), file) - files_.begin();
    };
    std::set<std::tuple<std::string_view, int, int, std::string_view, std::string_view>> seen;
    std::vector<Finding> result;
    for (const Finding& finding : findings_) {
        if (seen.emplace(finding.file, finding.line, finding.column, finding.code, finding.message).second)
            result.push_back(finding);
    }
    std::stable_sort(result.begin(), result.end(), [&](const Finding& a, const Finding& b) {
        if (a.file != b.file) return rank(a.file) < rank(b.file);
        return std::tie(a.line, a.column) < std::tie(b.line, b.column);
    });
    return result;
}

}  // namespace baton::config
