/// A compiled pattern in linear time (RE2), the only kind that may meet client data. It matches bytes: `.` is
/// any byte.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace re2 {
class RE2;
}

namespace baton::config {

class Regex {
public:
    Regex() = default;
    /// Compiles `pattern`; on failure the result is `empty()` and `error` says why.
    static Regex compile(std::string_view pattern, std::string& error);

    bool empty() const { return !compiled_; }
    const std::string& pattern() const;
    /// How many groups the pattern has, `groups[0]` not counted.
    int group_count() const;
    /// Whether the pattern matches at the start of `text`. `groups[0]` is the whole match, as many as asked
    /// for; the views point into `text`.
    bool matches_start(std::string_view text, std::span<std::string_view> groups = {}) const;
    /// Whether the pattern matches anywhere in `text`.
    bool found_in(std::string_view text) const;
    /// Replaces the first match in `text` by `replacement`, in which `\1`…`\9` are groups. False when none
    /// matched.
    bool replace_first(std::string& text, std::string_view replacement) const;
    /// Whether `replacement` names only groups that exist; otherwise `error` says what is wrong.
    bool accepts_replacement(std::string_view replacement, std::string& error) const;

private:
    std::shared_ptr<const re2::RE2> compiled_;
};

}  // namespace baton::config
