/// Writes access records as lines: JSON, combined, or the configured template. One per worker.
#pragma once

#include "config/config.h"
#include "proxy/exchange/access_line.h"
#include "proxy/exchange/access_record.h"
#include "server/log/line_sink.h"

#include <cstdint>
#include <optional>
#include <variant>

namespace baton {

class AccessLog {
public:
    /// Opens the output. A disabled log never touches it.
    static Result<AccessLog> open(const config::AccessLog& settings, std::uint32_t generation,
                                  std::uint32_t worker);

    bool enabled() const { return sink_.has_value(); }
    /// Adds the record's line to the buffer, unless sampling or `exclude` leave it out (never errors, slow
    /// ones or WebSocket and SSE events) or `long_lived` does not want the event. No allocation.
    void write(const AccessRecord& record);
    /// Writes the buffer out when `logging.access.flush` has passed since the last time, or the buffer is
    /// full.
    void flush_if_due(TimePoint now) {
        if (sink_ && sink_->buffered() > 0 && now - flushed_ >= settings_.flush) flush_at(now);
    }
    void flush();
    void reopen();
    std::uint64_t dropped_lines() const { return sink_ ? sink_->dropped_lines() : 0; }

private:
    using Line = std::variant<JsonAccessLine, CombinedAccessLine, TemplateAccessLine>;
    AccessLog(const config::AccessLog& settings, Line line) : settings_(settings), line_(std::move(line)) {}

    bool is_wanted(const AccessRecord& record);
    bool is_sampled();
    void flush_at(TimePoint now);

    config::AccessLog settings_;
    Line line_;
    std::optional<LineSink> sink_;  // nothing: the log is off
    TimePoint flushed_{};
    std::uint64_t sampled_from_ = 0;
};

}  // namespace baton
