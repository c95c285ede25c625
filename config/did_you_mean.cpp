#include "config/did_you_mean.h"

#include <algorithm>
#include <vector>

namespace baton::config {
namespace {

// Longer words are compared by their beginning: suggestions must stay cheap for hostile input.
constexpr std::size_t longest_word = 64;

char folded(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// The number of edits between two words (optimal string alignment).
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before_last(b.size() + 1);
    std::vector<std::size_t> last(b.size() + 1);
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const bool same = folded(a[i - 1]) == folded(b[j - 1]);
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0U : 1U)});
            const bool swapped = i > 1 && j > 1 && folded(a[i - 1]) == folded(b[j - 2]) &&
                                 folded(a[i - 2]) == folded(b[j - 1]);
            if (swapped) row[j] = std::min(row[j], before_last[j - 2] + 1);
        }
        std::swap(before_last, last);
        std::swap(last, row);
    }
    return last[b.size()];
}

}  // namespace

std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates) {
    word = word.substr(0, longest_word);
    std::string_view best;
    std::size_t best_distance = std::max<std::size_t>(1, word.size() / 3) + 1;
    for (const std::string_view candidate : candidates) {
        const std::string_view compared = candidate.substr(0, longest_word);
        const std::size_t longer = std::max(compared.size(), word.size());
        const std::size_t shorter = std::min(compared.size(), word.size());
        if (longer - shorter >= best_distance) continue;
        const std::size_t edits = distance(word, compared);
        if (edits >= best_distance || edits >= longer) continue;
        best = candidate;
        best_distance = edits;
    }
    return best;
}

}  // namespace baton::config
