/// A replacement as a person at a terminal sees it: the whole picture, drawn anew each time.
#pragma once

#include "server/admin/progress/story.h"

#include <cstddef>
#include <string>
#include <vector>

namespace baton::admin {

enum class Colours : std::uint8_t { none, ansi };

struct Canvas {
    std::size_t width = 80;
    Colours colours = Colours::none;
};

/// What the keys do just now. Those without a meaning are not offered.
struct Keys {
    bool leave = false;      ///< q
    bool finish = false;     ///< f
    bool roll_back = false;  ///< r
};
Keys keys_of(const Story& story);

/// Lines without their ends, none wider than the canvas. The same story makes the same lines.
std::vector<std::string> draw(const Story& story, const Canvas& canvas);

/// The first `width` characters of UTF-8.
std::string cut(std::string_view text, std::size_t width);
/// `cells` wide, in eighths: `███▌░░`. `fraction` is 0..1.
std::string bar(double fraction, std::size_t cells, std::string_view rest);
/// `12 403`.
std::string grouped(std::uint64_t number);

}  // namespace baton::admin
