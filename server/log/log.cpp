#include "server/log/log.h"

#include "server/log/event_limiter.h"
#include "server/log/json_text.h"
#include "server/log/log_output.h"
#include "server/log/text_value.h"
#include "server/log/timestamp.h"

#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <optional>
#include <utility>

namespace baton::log {
namespace {

/// The log of this process.
struct Log {
    Level level = Level::info;
    config::LogFormat format = config::LogFormat::text;
    std::string origin = "baton";
    std::optional<LogOutput> output;  // nothing: stderr has not been asked for yet
    EventLimiter limiter;
    TimestampWriter clock{TimestampWriter::Precision::milliseconds};
    bool inside_line = false;  // the last line was written in part only
    std::uint64_t dropped = 0;
    std::uint64_t dropped_unreported = 0;
};

Log& the_log() {
    static Log log;
    return log;
}

std::string_view name_of(Level level) {
    switch (level) {
        case Level::debug: return "debug";
        case Level::info: return "info";
        case Level::notice: return "notice";
        case Level::warn: return "warn";
        case Level::error: return "error";
        case Level::crit: return "crit";
    }
    return "?";
}

Severity severity_of(Level level) {
    switch (level) {
        case Level::debug: return Severity::debug;
        case Level::info: return Severity::info;
        case Level::notice: return Severity::notice;
        case Level::warn: return Severity::warning;
        case Level::error: return Severity::error;
        case Level::crit: return Severity::critical;
    }
    return Severity::info;
}

void append_json(std::string& line, std::string_view text) {
    const std::size_t before = line.size();
    line.resize(before + text.size() * json_growth + 2);
    line[before] = '"';
    char* end = copy_json_text(line.data() + before + 1, text);
    *end++ = '"';
    line.resize(static_cast<std::size_t>(end - line.data()));
}

/// What every line starts with.
std::string line_start(Level level, std::string_view name) {
    Log& log = the_log();
    char when[TimestampWriter::longest];
    const char* const end = log.clock.write(when, Clock::system().wall());
    const std::string_view time(when, static_cast<std::size_t>(end - when));
    std::string line;
    line.reserve(256);
    if (log.format == config::LogFormat::json) {
        line.append("{\"ts\":\"")
            .append(time)
            .append("\",\"level\":\"")
            .append(name_of(level))
            .append("\",\"origin\":");
        append_json(line, log.origin);
        line.append(",\"event\":");
        append_json(line, name);
    } else {
        line.append(time)
            .append(" ")
            .append(name_of(level))
            .append(" ")
            .append(log.origin)
            .append(" ")
            .append(name);
    }
    return line;
}

void append_number(std::string& line, std::string_view key, std::string_view digits) {
    if (the_log().format == config::LogFormat::json) {
        line.append(",");
        append_json(line, key);
        line.append(":").append(digits);
    } else {
        line.append(" ").append(key).append("=").append(digits);
    }
}

void write_line(Level level, std::string line) {
    Log& log = the_log();
    line.append(log.format == config::LogFormat::json ? "}\n" : "\n");
    if (!log.output) {
        if (Result<LogOutput> opened = LogOutput::open("stderr")) log.output = std::move(*opened);
    }
    if (log.inside_line) line.insert(line.begin(), '\n');
    const std::size_t written = log.output ? log.output->write(line, severity_of(level)).bytes : 0;
    if (written > 0) log.inside_line = written < line.size();
    if (written == line.size()) return;
    ++log.dropped;
    ++log.dropped_unreported;
}

/// What was held back or lost before, now that there is a line to follow it.
void report_missing_lines() {
    Log& log = the_log();
    log.limiter.report_held_back(Clock::system().now(), [](std::string_view name, std::uint64_t count) {
        std::string line = line_start(Level::info, name);
        append_number(line, "repeated", std::to_string(count));
        write_line(Level::info, std::move(line));
    });
    if (log.dropped_unreported == 0) return;
    std::string line = line_start(Level::warn, "log.lines_dropped");
    append_number(line, "count", std::to_string(std::exchange(log.dropped_unreported, 0)));
    const std::uint64_t before = log.dropped;
    write_line(Level::warn, std::move(line));
    if (log.dropped != before) log.dropped_unreported = log.dropped;
}

}  // namespace

bool configure(const config::Logging& settings, std::string origin) {
    Log& log = the_log();
    Result<LogOutput> opened = LogOutput::open(settings.output);
    if (!opened) {
        errno = opened.error().os_error;
        return false;
    }
    log.output = std::move(*opened);
    log.level = settings.level;
    log.format = settings.format;
    log.origin = std::move(origin);
    return true;
}

void reopen() {
    Log& log = the_log();
    if (!log.output) return;
    if (const auto done = log.output->reopen(); !done) {
        error("log.reopen_failed").with("output", log.output->name()).with("error", done.error());
    }
}

bool enabled(Level level) {
    return level >= the_log().level;
}

std::uint64_t dropped_lines() {
    return the_log().dropped;
}

Event::Event(Level level, std::string_view name) : enabled_(log::enabled(level)), level_(level) {
    if (!enabled_) return;
    const EventLimiter::Verdict verdict = the_log().limiter.admit(name, Clock::system().now());
    enabled_ = verdict.admitted;
    if (!enabled_) return;
    line_ = line_start(level, name);
    if (verdict.repeated > 0) append_number(line_, "repeated", std::to_string(verdict.repeated));
}

Event::~Event() {
    if (!enabled_) return;
    report_missing_lines();
    write_line(level_, std::move(line_));
}

Event& Event::with(std::string_view key, std::string_view value) {
    if (!enabled_) return *this;
    if (the_log().format == config::LogFormat::json) {
        line_.append(",");
        append_json(line_, key);
        line_.append(":");
        append_json(line_, value);
    } else {
        line_.append(" ").append(key).append("=");
        append_text_value(line_, value);
    }
    return *this;
}

Event& Event::with(std::string_view key, double value) {
    if (!std::isfinite(value)) return with(key, std::string_view("not a number"));
    char text[400];
    const int written = std::snprintf(text, sizeof text, "%.3f", value);
    return with_number(key, {text, static_cast<std::size_t>(written)});
}

Event& Event::with(std::string_view key, Failure failure) {
    std::string text(to_string(failure.reason));
    if (failure.os_error != 0) text.append(" (").append(std::strerror(failure.os_error)).append(")");
    return with(key, text);
}

Event& Event::with_number(std::string_view key, std::string_view digits) {
    if (enabled_) append_number(line_, key, digits);
    return *this;
}

}  // namespace baton::log
