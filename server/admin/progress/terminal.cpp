#include "server/admin/progress/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <utility>

namespace baton::admin {
namespace {

constexpr std::size_t usual_width = 80;
constexpr std::size_t usual_height = 24;
// Without wrapping a line is a line, however narrow the window becomes, and the way back up is known.
constexpr std::string_view begin_drawing = "\x1b[?25l\x1b[?7l";
constexpr std::string_view end_drawing = "\x1b[?25h\x1b[?7h";

void write_out(std::string_view text) {
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fflush(stdout);
}

winsize window() {
    winsize size{};
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0) size = {};
    return size;
}

/// A process in the background that touched the keys would be stopped (SIGTTIN, SIGTTOU).
bool is_in_foreground() {
    return ::tcgetpgrp(STDIN_FILENO) == ::getpgrp();
}

}  // namespace

bool Terminal::is_there() {
    const char* const name = std::getenv("TERM");
    return ::isatty(STDOUT_FILENO) == 1 && name != nullptr && std::string_view(name) != "dumb";
}

bool Terminal::may_have_colours() {
    const char* const no_color = std::getenv("NO_COLOR");
    return is_there() && (no_color == nullptr || *no_color == '\0');
}

Terminal::Terminal() {
    take();
}

void Terminal::take() {
    take_keys();
    is_ours_ = true;
    write_out(begin_drawing);
}

Terminal::~Terminal() {
    give_back();
}

void Terminal::give_back() {
    if (std::exchange(is_ours_, false)) write_out(end_drawing);
    if (before_ && is_in_foreground()) ::tcsetattr(STDIN_FILENO, TCSANOW, &*before_);
    before_.reset();
}

void Terminal::take_keys() {
    termios state{};
    if (::isatty(STDIN_FILENO) != 1 || !is_in_foreground() || ::tcgetattr(STDIN_FILENO, &state) != 0) return;
    before_ = state;
    // Ctrl-C and Ctrl-Z stay what they are.
    state.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
    state.c_cc[VMIN] = 0;
    state.c_cc[VTIME] = 0;
    ::tcsetattr(STDIN_FILENO, TCSANOW, &state);
}

void Terminal::resume() {
    drawn_ = 0;
    const auto before = before_;
    take();
    // What another program has left behind is not what was there in the beginning.
    if (before) before_ = before;
}

std::size_t Terminal::width() const {
    const std::size_t columns = window().ws_col;
    return columns == 0 ? usual_width : columns;
}

void Terminal::draw(const std::vector<std::string>& lines) {
    const std::size_t rows = window().ws_row;
    // The cursor stands below the picture.
    const std::size_t room = std::max<std::size_t>(rows == 0 ? usual_height : rows, 2) - 1;
    write_picture(lines, lines.size() > room ? lines.size() - room : 0);
}

void Terminal::leave(const std::vector<std::string>& lines) {
    write_picture(lines, 0);
    drawn_ = 0;
    give_back();
}

void Terminal::write_picture(const std::vector<std::string>& lines, std::size_t from) {
    std::string text;
    if (drawn_ > 0) text = "\x1b[" + std::to_string(drawn_) + "A";
    text += "\r";
    for (std::size_t i = from; i < lines.size(); ++i) text += lines[i] + "\x1b[K\n";
    text += "\x1b[J";
    drawn_ = lines.size() - from;
    write_out(text);
}

int Terminal::keys() const {
    return before_ && !is_hung_up_ && is_in_foreground() ? STDIN_FILENO : -1;
}

std::optional<char> Terminal::read_key() {
    char key = 0;
    if (keys() < 0) return std::nullopt;
    const ssize_t size = ::read(STDIN_FILENO, &key, 1);
    // It was said to be readable: nothing is the end, and would be so for ever.
    is_hung_up_ = size <= 0;
    return size == 1 ? std::optional(key) : std::nullopt;
}

}  // namespace baton::admin
