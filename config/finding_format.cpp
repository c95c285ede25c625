#include "config/finding.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace baton::config {
namespace {

constexpr std::size_t widest_line = 160;  // longer source lines are shown as a window around the place

std::string_view word_of(Severity severity) {
    return severity == Severity::error ? "error" : "warning";
}

bool continues_character(char c) {
    return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

/// Control characters would let a file write to the terminal of whoever checks it.
std::string printable(std::string_view text) {
    std::string result;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        result += byte >= 0x20 && byte != 0x7f ? c : (c == '\t' ? '\t' : '?');
    }
    return result;
}

std::string place_of(const Finding& finding) {
    std::string place = finding.file;
    if (finding.line == 0) return place;
    return place + ":" + std::to_string(finding.line) + ":" + std::to_string(finding.column);
}

struct Paint {
    Colour colour;
    std::string with(std::string_view code, std::string_view text) const {
        if (colour == Colour::never) return std::string(text);
        return "\033[" + std::string(code) + "m" + std::string(text) + "\033[0m";
    }
    std::string severity(const Finding& finding, std::string_view text) const {
        return with(finding.severity == Severity::error ? "1;31" : "1;35", text);
    }
};

/// The line with carets under what is wrong.
std::string excerpt_of(const Finding& finding, const Paint& paint) {
    std::string line = printable(finding.source_line);
    std::size_t begin = std::min(static_cast<std::size_t>(std::max(finding.column, 1) - 1), line.size());
    std::size_t end = static_cast<std::size_t>(std::max(finding.end_column - 1, 0));
    end = std::clamp(end, begin, line.size());
    if (line.size() > widest_line) {
        std::size_t from = begin > widest_line / 2 ? begin - widest_line / 2 : 0;
        const std::size_t whole = from;
        while (from > 0 && whole - from < 3 && continues_character(line[from])) --from;
        std::size_t to = std::min(line.size(), from + widest_line);
        for (int i = 0; i < 3 && to < line.size() && continues_character(line[to]); ++i) ++to;
        line = line.substr(from, to - from);
        begin -= from;
        end = std::min(end - from, line.size());
    }
    std::string padding;
    for (std::size_t i = 0; i < begin; ++i) {
        if (!continues_character(line[i])) padding += line[i] == '\t' ? '\t' : ' ';
    }
    std::size_t width = 0;
    for (std::size_t i = begin; i < end; ++i) width += continues_character(line[i]) ? 0 : 1;
    const std::string carets = "^" + std::string(width > 1 ? width - 1 : 0, '~');
    const std::string number = std::to_string(finding.line);
    std::string text = "  " + number + " | " + line + "\n";
    text += "  " + std::string(number.size(), ' ') + " | " + padding + paint.severity(finding, carets);
    if (!finding.help.empty()) text += " " + printable(finding.help);
    return text + "\n";
}

std::string counted(std::size_t count, std::string_view word) {
    return std::to_string(count) + " " + std::string(word) + (count == 1 ? "" : "s");
}

std::string closing_count(const std::vector<Finding>& findings) {
    std::vector<std::string_view> files;
    std::size_t errors = 0;
    for (const Finding& finding : findings) {
        if (finding.severity == Severity::error) ++errors;
        if (std::find(files.begin(), files.end(), finding.file) == files.end()) files.push_back(finding.file);
    }
    const std::size_t warnings = findings.size() - errors;
    std::string text = files.size() <= 3 ? "" : std::to_string(files.size()) + " files";
    for (const std::string_view file : files) {
        if (files.size() > 3) break;
        if (!text.empty()) text += ", ";
        text += file;
    }
    text += ": ";
    if (errors > 0) text += counted(errors, "error");
    if (errors > 0 && warnings > 0) text += ", ";
    if (warnings > 0) text += counted(warnings, "warning");
    return text + "\n";
}

std::string as_text(const std::vector<Finding>& findings, Colour colour) {
    const Paint paint{colour};
    std::string text;
    for (const Finding& finding : findings) {
        text += paint.with("1", place_of(finding) + ":") + " ";
        text += paint.severity(finding, std::string(word_of(finding.severity)) + ":") + " ";
        text += printable(finding.message) + " [" + finding.code + "]";
        if (finding.line == 0 || finding.source_line.empty()) {
            text += finding.help.empty() ? "\n" : ": " + printable(finding.help) + "\n";
        } else {
            text += "\n" + excerpt_of(finding, paint);
        }
    }
    return text + "\n" + closing_count(findings);
}

std::string as_gcc(const Finding& finding) {
    std::string text = place_of(finding) + ": " + std::string(word_of(finding.severity)) + ": ";
    text += printable(finding.message);
    if (!finding.help.empty()) text += " (" + printable(finding.help) + ")";
    return text + " [" + finding.code + "]\n";
}

/// Escapes as GitHub's workflow commands want it; `,` and `:` only matter in properties.
std::string github_escaped(std::string_view text) {
    std::string result;
    for (const char c : text) {
        switch (c) {
            case '%': result += "%25"; break;
            case '\r': result += "%0D"; break;
            case '\n': result += "%0A"; break;
            case ':': result += "%3A"; break;
            case ',': result += "%2C"; break;
            default: result += c;
        }
    }
    return result;
}

std::string as_github(const Finding& finding) {
    std::string text =
        "::" + std::string(word_of(finding.severity)) + " file=" + github_escaped(finding.file);
    if (finding.line > 0) {
        text += ",line=" + std::to_string(finding.line) + ",col=" + std::to_string(finding.column);
        text += ",endColumn=" + std::to_string(finding.end_column);
    }
    text += ",title=" + finding.code + "::" + github_escaped(finding.message);
    if (!finding.help.empty()) text += " (" + github_escaped(finding.help) + ")";
    return text + "\n";
}

/// The bytes of the UTF-8 character that starts `text`, 0 when there is none.
std::size_t utf8_length(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char first = byte(0);
    std::size_t length = 0;
    unsigned char lowest = 0x80;  // of the second byte, which rules out overlong forms and surrogates
    unsigned char highest = 0xbf;
    if (first < 0x80) return 1;
    if (first >= 0xc2 && first <= 0xdf) length = 2;
    if (first >= 0xe0 && first <= 0xef) length = 3;
    if (first >= 0xf0 && first <= 0xf4) length = 4;
    if (length == 0 || text.size() < length) return 0;
    if (first == 0xe0) lowest = 0xa0;
    if (first == 0xed) highest = 0x9f;
    if (first == 0xf0) lowest = 0x90;
    if (first == 0xf4) highest = 0x8f;
    if (byte(1) < lowest || byte(1) > highest) return 0;
    for (std::size_t i = 2; i < length; ++i) {
        if (!continues_character(text[i])) return 0;
    }
    return length;
}

std::string json_string(std::string_view text) {
    constexpr std::string_view hex = "0123456789abcdef";
    std::string result = "\"";
    for (std::size_t i = 0; i < text.size();) {
        const auto byte = static_cast<unsigned char>(text[i]);
        const std::size_t length = utf8_length(text.substr(i));
        if (length == 0) {
            result += "\\ufffd";
            ++i;
            continue;
        }
        if (byte < 0x20 || byte == 0x7f) {
            result += std::string("\\u00") + hex[byte >> 4] + hex[byte & 15];
        } else if (byte == '"' || byte == '\\') {
            result += std::string("\\") + text[i];
        } else {
            result += text.substr(i, length);
        }
        i += length;
    }
    return result + "\"";
}

std::string as_json(const Finding& finding) {
    std::string text = "{\"severity\":" + json_string(word_of(finding.severity));
    text += ",\"code\":" + json_string(finding.code) + ",\"file\":" + json_string(finding.file);
    text += ",\"line\":" + std::to_string(finding.line) + ",\"column\":" + std::to_string(finding.column);
    text += ",\"end_column\":" + std::to_string(finding.end_column);
    text += ",\"path\":" + json_string(finding.path) + ",\"message\":" + json_string(finding.message);
    text += ",\"help\":" + json_string(finding.help) + ",\"related\":[";
    bool first = true;
    for (const Related& related : finding.related) {
        text += first ? "" : ",";
        text += "{\"file\":" + json_string(related.file) + ",\"line\":" + std::to_string(related.line) + "}";
        first = false;
    }
    return text + "]}\n";
}

}  // namespace

std::string format_findings(const std::vector<Finding>& findings, FindingFormat format, Colour colour) {
    if (findings.empty()) return {};
    if (format == FindingFormat::text) return as_text(findings, colour);
    std::string text;
    for (const Finding& finding : findings) {
        switch (format) {
            case FindingFormat::json: text += as_json(finding); break;
            case FindingFormat::gcc: text += as_gcc(finding); break;
            case FindingFormat::github: text += as_github(finding); break;
            case FindingFormat::text: break;
        }
    }
    return text;
}

}  // namespace baton::config
