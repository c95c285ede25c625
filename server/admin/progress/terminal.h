/// The terminal that a command draws on: its size, its keys, and a picture that takes the place of the one
/// before.
#pragma once

#include <termios.h>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace baton::admin {

/// Standard output, and the keys of standard input while this process is in its foreground. At the end the
/// cursor and the keys are as they were.
class Terminal {
public:
    /// Standard output is a terminal that understands how to be drawn on.
    static bool is_there();
    /// Neither NO_COLOR (no-color.org) nor `TERM=dumb` is set.
    static bool may_have_colours();

    Terminal();
    Terminal(const Terminal&) = delete;
    Terminal& operator=(const Terminal&) = delete;
    ~Terminal();

    std::size_t width() const;
    /// Replaces the picture; of one that is higher than the window only the end is seen.
    void draw(const std::vector<std::string>& lines);
    /// Draws it for the last time, whole, and gives the keys back; what is printed from now on stands below.
    void leave(const std::vector<std::string>& lines);

    /// To wait for keys at; -1 when nobody can type.
    int keys() const;
    std::optional<char> read_key();
    /// After the process was stopped and goes on: somebody else has used the terminal.
    void resume();

private:
    void take();
    void take_keys();
    void give_back();
    void write_picture(const std::vector<std::string>& lines, std::size_t from);

    std::size_t drawn_ = 0;          // lines above the cursor that are ours
    std::optional<termios> before_;  // while the keys are ours
    bool is_ours_ = false;           // the cursor is hidden
    bool is_hung_up_ = false;
};

}  // namespace baton::admin
