#include "proxy/demo/screen.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace baton::demo {

namespace {

void write_out(std::string_view text) {
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fflush(stdout);
}

bool is_terminal() {
    const char* name = std::getenv("TERM");
    return ::isatty(STDOUT_FILENO) == 1 && !(name && std::string_view(name) == "dumb");
}

}  // namespace

Screen::Screen(Output output)
    : kind_(output == Output::json ? Kind::json
            : is_terminal()        ? Kind::table
                                   : Kind::lines) {
    if (kind_ != Kind::table) return;
    const char* no_colour = std::getenv("NO_COLOR");
    if (!no_colour || *no_colour == '\0') colours_ = Colours::ansi;
    // Without wrapping, a line is a line on the narrowest terminal, and the way back up is known.
    write_out("\x1b[?25l\x1b[?7l");
}

Screen::~Screen() {
    if (kind_ == Kind::table) write_out("\x1b[?25h\x1b[?7h");
}

void Screen::show(const View& view) {
    if (kind_ == Kind::json) return;
    if (kind_ == Kind::table) return draw(view);
    const auto second = std::chrono::duration_cast<std::chrono::seconds>(view.elapsed).count();
    if (second == last_second_ && view.upgrades_done == last_upgrades_) return;
    last_second_ = second;
    last_upgrades_ = view.upgrades_done;
    write_out(render_line(view) + "\n");
}

void Screen::show_last(const View& view) {
    if (kind_ == Kind::table) draw(view);
    if (kind_ == Kind::lines) write_out(render_line(view) + "\n");
    drawn_ = 0;
}

void Screen::tell(std::string_view text) {
    if (kind_ == Kind::json) return;
    drawn_ = 0;
    write_out(text);
}

void Screen::tell_json(const View& view) {
    if (kind_ == Kind::json) write_out(render_json(view));
}

void Screen::draw(const View& view) {
    std::string text;
    if (drawn_ > 0) text = "\x1b[" + std::to_string(drawn_) + "A\r";
    const auto lines = render_table(view, colours_);
    for (const std::string& line : lines) text += line + "\x1b[K\n";
    text += "\x1b[J";
    drawn_ = lines.size();
    write_out(text);
}

}  // namespace baton::demo
