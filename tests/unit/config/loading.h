/// Loads configuration text in tests and asks what was found.
#pragma once

#include "config/load_config.h"
#include "tests/support/temporary_folder.h"

#include <algorithm>
#include <fstream>
#include <string>
#include <string_view>

namespace baton::config {

/// A configuration that loads, with `more` behind it.
inline std::string minimal_with(std::string_view more) {
    return "listeners: [\":8080\"]\nhosts:\n  - routes:\n      - to: app\nupstreams:\n  app: "
           "[\"127.0.0.1:3000\"]\n" +
           std::string(more);
}

/// A configuration with one route, whose lines stand at column 9.
inline std::string with_route(std::string_view route) {
    return "listeners: [\":8080\"]\nupstreams:\n  app: [\"127.0.0.1:3000\"]\nhosts:\n  - routes:\n      - " +
           std::string(route) + "\n";
}

inline LoadResult load(std::string_view text) {
    return load_config_text(text, "baton.yaml");
}

/// The first finding with this code; one without a code when there is none.
inline Finding finding_of(const LoadResult& result, std::string_view code) {
    const auto found = std::find_if(result.findings.begin(), result.findings.end(),
                                    [&](const Finding& finding) { return finding.code == code; });
    return found == result.findings.end() ? Finding{} : *found;
}

/// `line:column` of the first finding with this code, or all findings when there is none.
inline std::string place_of(const LoadResult& result, std::string_view code) {
    const Finding finding = finding_of(result, code);
    if (finding.code.empty()) return "none in:\n" + format_findings(result.findings, FindingFormat::text);
    return std::to_string(finding.line) + ":" + std::to_string(finding.column);
}

/// Writes a file into the folder, making folders on the way, and returns its path.
inline std::string write_file(const test::TemporaryFolder& folder, const std::string& name,
                              std::string_view text) {
    const std::string path = folder.file(name);
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::ofstream(path, std::ios::binary) << text;
    return path;
}

inline std::string all(const LoadResult& result) {
    return format_findings(result.findings, FindingFormat::text);
}

}  // namespace baton::config
