/// Standard output of the demo: a table that is redrawn in its place on a terminal, lines otherwise, one JSON
/// object or nothing else with `--json`.
#pragma once

#include "proxy/demo/demo.h"
#include "proxy/demo/view.h"

#include <string_view>

namespace baton::demo {

class Screen {
public:
    explicit Screen(Output output);
    Screen(const Screen&) = delete;
    Screen& operator=(const Screen&) = delete;
    /// Leaves the terminal as it was.
    ~Screen();

    /// Draws the table anew, or writes a line when another second or upgrade is over.
    void show(const View& view);
    /// The table for the last time; what follows is written below it.
    void show_last(const View& view);
    /// Text of one or more whole lines for people; nothing with `--json`.
    void tell(std::string_view text);
    /// The result, with `--json`.
    void tell_json(const View& view);

private:
    enum class Kind : std::uint8_t { table, lines, json };
    void draw(const View& view);

    Kind kind_;
    Colours colours_ = Colours::none;
    std::size_t drawn_ = 0;  // lines of the table above the cursor
    std::int64_t last_second_ = -1;
    std::uint32_t last_upgrades_ = 0;
};

}  // namespace baton::demo
