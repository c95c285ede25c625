/// Finds the word that somebody probably meant.
#pragma once

#include <span>
#include <string_view>

namespace baton::config {

/// The candidate nearest to `word` by insertions, deletions, replacements and swaps of neighbours, without
/// regard to case; empty when none is near enough (a third of the length, at least one change). The view is
/// the candidate's.
std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace baton::config
