/// Writes access records as lines: JSON, combined, or the configured template. One per worker.
#pragma once

#include <cstdint>

#include "config/config.h"
#include "proxy/exchange/access_record.h"
#include "server/log/line_sink.h"

namespace baton {

class AccessLog {
public:
    /// Opens the output. A disabled log never touches it.
    static Result<AccessLog> open(const config::AccessLog& settings, std::uint32_t generation, std::uint32_t worker);

    bool enabled() const { return settings_.enabled; }
    /// Adds the record's line to the buffer, unless sampling or `exclude` leave it out (never errors, slow ones or
    /// WebSocket and SSE events). No allocation.
    void write(const AccessRecord& record);
    /// Writes the buffer out when `logging.access.flush` has passed since the last time, or the buffer is full.
    void flush_if_due(TimePoint now);
    void flush();
    void reopen();
    std::uint64_t dropped_lines() const { return sink_.dropped_lines(); }

private:
    AccessLog(const config::AccessLog& settings, LineSink sink, std::uint32_t generation, std::uint32_t worker);

    config::AccessLog settings_;
    LineSink sink_;
    std::uint32_t generation_, worker_;
    TimePoint flushed_{};
    std::uint64_t seen_ = 0;  // for sampling
};

}  // namespace baton
