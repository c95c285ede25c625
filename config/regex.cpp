#include "config/regex.h"

#include <re2/re2.h>

#include <array>

namespace baton::config {
namespace {

// Bytes, not characters: a path may hold bytes that are no UTF-8, and a rule must not be evaded with them.
RE2::Options byte_options() {
    RE2::Options options;
    options.set_encoding(RE2::Options::EncodingLatin1);
    options.set_dot_nl(true);
    options.set_log_errors(false);
    options.set_max_mem(4 << 20);
    return options;
}

constexpr std::size_t most_groups = 10;  // \0 to \9

}  // namespace

Regex Regex::compile(std::string_view pattern, std::string& error) {
    Regex result;
    auto compiled =
        std::make_shared<const RE2>(re2::StringPiece(pattern.data(), pattern.size()), byte_options());
    if (!compiled->ok()) {
        error = compiled->error();
        return result;
    }
    error.clear();
    result.compiled_ = std::move(compiled);
    return result;
}

const std::string& Regex::pattern() const {
    static const std::string none;
    return compiled_ ? compiled_->pattern() : none;
}

int Regex::group_count() const {
    return compiled_ ? compiled_->NumberOfCapturingGroups() : 0;
}

bool Regex::matches_start(std::string_view text, std::span<std::string_view> groups) const {
    if (!compiled_) return false;
    std::array<re2::StringPiece, most_groups> found;
    const std::size_t wanted = std::min(groups.size(), found.size());
    const re2::StringPiece subject(text.data(), text.size());
    if (!compiled_->Match(subject, 0, text.size(), RE2::ANCHOR_START, found.data(), static_cast<int>(wanted)))
        return false;
    for (std::size_t i = 0; i < groups.size(); ++i)
        groups[i] =
            i < wanted ? std::string_view(found.at(i).data(), found.at(i).size()) : std::string_view{};
    return true;
}

bool Regex::found_in(std::string_view text) const {
    if (!compiled_) return false;
    return compiled_->Match(re2::StringPiece(text.data(), text.size()), 0, text.size(), RE2::UNANCHORED,
                            nullptr, 0);
}

bool Regex::replace_first(std::string& text, std::string_view replacement) const {
    if (!compiled_) return false;
    return RE2::Replace(&text, *compiled_, re2::StringPiece(replacement.data(), replacement.size()));
}

bool Regex::accepts_replacement(std::string_view replacement, std::string& error) const {
    return compiled_ &&
           compiled_->CheckRewriteString(re2::StringPiece(replacement.data(), replacement.size()), &error);
}

}  // namespace baton::config
