/// One mistake or warning in a configuration file, with its exact place.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace baton::config {

enum class Severity : std::uint8_t { error, warning };

/// A second place that a finding is about, such as where a duplicate key was first set.
struct Related {
    std::string file;
    int line = 0;
};

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
    std::vector<Related> related;
};

enum class FindingFormat : std::uint8_t { text, json, gcc, github };
enum class Colour : std::uint8_t { never, always };

/// All findings, one after the other.
///
/// `text` is what people read: `file:line:col: error: … [CODE]`, the line, carets, and a closing count.
/// `json` is one object a line, `gcc` and `github` are the single-line forms that editors and CI understand.
/// Empty for no findings.
std::string format_findings(const std::vector<Finding>& findings, FindingFormat format,
                            Colour colour = Colour::never);

/// A paragraph about a code for `baton check --explain`; empty for an unknown one.
std::string_view explain_code(std::string_view code);

/// Every code there is, in the order of the reference.
std::vector<std::string_view> all_codes();

}  // namespace baton::config
