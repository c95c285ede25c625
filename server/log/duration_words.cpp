#include "server/log/duration_words.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace baton {

std::string in_words(Duration duration) {
    const auto seconds =
        std::max<std::int64_t>(0, std::chrono::duration_cast<std::chrono::seconds>(duration).count());
    const auto two = [](std::int64_t one, const char* one_unit, std::int64_t other, const char* other_unit) {
        return std::to_string(one) + one_unit + (other > 0 ? std::to_string(other) + other_unit : "");
    };
    if (seconds < 60) return std::to_string(seconds) + "s";
    if (seconds < 3600) return two(seconds / 60, "m", seconds % 60, "s");
    if (seconds < 86400) return two(seconds / 3600, "h", seconds % 3600 / 60, "m");
    return two(seconds / 86400, "d", seconds % 86400 / 3600, "h");
}

std::string in_seconds(Duration duration) {
    std::array<char, 32> text;
    std::snprintf(text.data(), text.size(), "%.2fs", std::chrono::duration<double>(duration).count());
    return text.data();
}

}  // namespace baton
