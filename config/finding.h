/// One mistake or warning in a configuration file, with its exact place.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace baton::config {

enum class Severity : std::uint8_t { error, warning };

struct Finding {
    Severity severity = Severity::error;
    std::string code;  ///< `E-KEY`, `W-UNUSED`, …
    std::string file;
    int line = 0;        ///< from 1; 0 = the file as a whole
    int column = 0;      ///< from 1, in bytes
    int end_column = 0;  ///< one past the last underlined byte
    std::string path;    ///< of the key, `hosts[0].routes[1].to`
    std::string message;
    std::string help;  ///< printed behind the carets, may be empty
    std::string source_line;
};

enum class FindingFormat : std::uint8_t { text, json, gcc, github };
enum class Colour : std::uint8_t { never, always };

/// All findings as the reference shows them: `file:line:col: error: … [CODE]`, the line, carets, and a closing count.
std::string format_findings(const std::vector<Finding>& findings, FindingFormat format, Colour colour = Colour::never);

/// A paragraph about a code for `baton check --explain`; empty for an unknown one.
std::string_view explain_code(std::string_view code);

}  // namespace baton::config
