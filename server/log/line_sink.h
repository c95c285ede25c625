/// A buffered place for log lines: one write a second or when full, reopened on rotation, never blocking a
/// worker.
#pragma once

#include "server/assert.h"
#include "server/log/log_output.h"
#include "server/result.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace baton {

/// Appends whole lines to a file (O_APPEND), to stdout or stderr, or to syslog. What cannot be written (full
/// disk, stopped reader) is dropped by whole lines and counted; nothing is retried in a loop.
///
/// A slow reader's lines wait in the buffer until it is full; a full disk's are dropped at once. The pages of
/// the buffer are touched only as lines fill it.
class LineSink {
public:
    /// The longest line that may be asked of `prepare`, in bytes.
    static constexpr std::size_t longest_line = 64 * 1024;

    /// `output` as in `logging.access.output`. `buffer` in bytes: once so many are waiting they are written.
    static Result<LineSink> open(const std::string& output, std::size_t buffer);
    LineSink(LineSink&&) noexcept = default;
    /// Writes what is buffered before it takes the other's place.
    LineSink& operator=(LineSink&& other) noexcept;
    ~LineSink();

    /// Room for a line of at most `longest` bytes (not above `longest_line`) at the end of the buffer. The
    /// line becomes part of the buffer by `commit`.
    char* prepare(std::size_t longest) {
        ASSERT(longest <= longest_line);
        return buffer_.get() + used_;
    }
    /// `bytes` of a whole line, newline included.
    void commit(std::size_t bytes) {
        used_ += bytes;
        if (used_ >= threshold_) flush();
    }
    /// A whole line, newline included; a longer one than `longest_line` is dropped and counted.
    void append(std::string_view line);
    void flush();
    /// Writes what is buffered to the present file, then opens the path anew.
    void reopen();
    std::size_t buffered() const { return used_; }
    std::uint64_t dropped_lines() const { return dropped_; }

private:
    LineSink(LogOutput output, std::size_t threshold);
    std::size_t rest_of_line() const;
    void drop_waiting_lines();

    LogOutput output_;
    std::unique_ptr<char[]> buffer_;
    std::size_t threshold_;
    std::size_t used_ = 0;
    bool inside_line_ = false;  // the buffer starts with the rest of a line whose first part is written
    std::uint64_t dropped_ = 0;
};

}  // namespace baton
