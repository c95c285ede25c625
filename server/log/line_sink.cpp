#include "server/log/line_sink.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace baton {

Result<LineSink> LineSink::open(const std::string& output, std::size_t buffer) {
    Result<LogOutput> opened = LogOutput::open(output);
    if (!opened) return tl::unexpected(opened.error());
    return LineSink(std::move(*opened), buffer);
}

// Between lines the buffer holds less than the threshold, or the rest of one line that a slow reader took in
// part: one more line always has room.
LineSink::LineSink(LogOutput output, std::size_t threshold)
    : output_(std::move(output)),
      buffer_(std::make_unique_for_overwrite<char[]>(std::max(threshold, longest_line) + longest_line)),
      threshold_(threshold) {}

LineSink& LineSink::operator=(LineSink&& other) noexcept {
    if (this == &other) return *this;
    if (buffer_) flush();
    output_ = std::move(other.output_);
    buffer_ = std::move(other.buffer_);
    threshold_ = other.threshold_;
    used_ = std::exchange(other.used_, 0);
    inside_line_ = other.inside_line_;
    dropped_ = other.dropped_;
    return *this;
}

LineSink::~LineSink() {
    if (buffer_) flush();
}

void LineSink::append(std::string_view line) {
    if (line.size() > longest_line) {
        ++dropped_;
        return;
    }
    std::memcpy(prepare(line.size()), line.data(), line.size());
    commit(line.size());
}

void LineSink::flush() {
    if (used_ == 0) return;
    const WriteOutcome outcome = output_.write({buffer_.get(), used_});
    if (outcome.bytes > 0) {
        inside_line_ = buffer_[outcome.bytes - 1] != '\n';
        used_ -= outcome.bytes;
        std::memmove(buffer_.get(), buffer_.get() + outcome.bytes, used_);
    }
    // Only a reader that is merely slow is waited for, and only as long as there is room.
    if (used_ > 0 && (outcome.os_error != EAGAIN || used_ >= threshold_)) drop_waiting_lines();
}

void LineSink::reopen() {
    flush();
    // On failure the file under its former name stays in use: better there than nowhere.
    if (!output_.reopen() || !inside_line_) return;
    // The rest of a line makes no sense at the start of another file.
    const std::size_t rest = rest_of_line();
    used_ -= rest;
    std::memmove(buffer_.get(), buffer_.get() + rest, used_);
    inside_line_ = false;
    ++dropped_;
}

std::size_t LineSink::rest_of_line() const {
    if (!inside_line_) return 0;
    return static_cast<std::size_t>(std::find(buffer_.get(), buffer_.get() + used_, '\n') - buffer_.get()) +
           1;
}

void LineSink::drop_waiting_lines() {
    const std::size_t kept = rest_of_line();
    dropped_ += static_cast<std::uint64_t>(std::count(buffer_.get() + kept, buffer_.get() + used_, '\n'));
    used_ = kept;
}

}  // namespace baton
