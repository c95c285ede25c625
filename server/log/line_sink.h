/// A buffered place for log lines: one write a second or when full, reopened on rotation, never blocking a worker.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "server/event/event_loop.h"

namespace baton {

/// Appends whole lines to a file (O_APPEND), to stdout or stderr, or to syslog. What cannot be written (full disk,
/// stopped reader) is dropped by whole lines and counted; nothing is retried in a loop.
class LineSink {
public:
    /// `output` as in `logging.access.output`. `buffer` in bytes; `flush` 0 = at the end of each turn.
    static Result<LineSink> open(const std::string& output, std::size_t buffer);
    LineSink(LineSink&&) noexcept;
    LineSink& operator=(LineSink&&) noexcept;
    ~LineSink();

    /// Room for a line of at most `longest` bytes at the end of the buffer; writes the buffer out first when it must.
    /// The line becomes part of the buffer by `commit`.
    char* prepare(std::size_t longest);
    /// `bytes` of a whole line, newline included.
    void commit(std::size_t bytes);
    void append(std::string_view line);
    void flush();
    void reopen();
    std::size_t buffered() const { return used_; }
    std::uint64_t dropped_lines() const { return dropped_; }

private:
    LineSink() = default;
    Fd file_;
    std::string output_;
    std::string buffer_;
    std::size_t used_ = 0;
    std::uint64_t lines_ = 0;
    std::uint64_t dropped_ = 0;
};

}  // namespace baton
