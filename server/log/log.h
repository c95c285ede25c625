/// The error log: events with a dotted name and key=value pairs, not prose.
///
///     log::warn("upstream.connect_failed").with("upstream", name).with("error", text);
///
/// The line is written when the statement ends. A level that is off costs one comparison. Control characters,
/// quotes and backslashes in values are escaped, so that a peer can never start a line of its own. The same
/// event is written at most 10 times a second, the rest is counted and reported as `repeated=`. A full disk
/// drops lines and counts them.
///
/// The log belongs to the process, which has one thread. Before `configure` lines of `info` and above go to
/// stderr.
#pragma once

#include "config/config.h"
#include "server/result.h"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

namespace baton::log {

using Level = config::LogLevel;

/// Where lines go and what they look like. Opens the file; fails (false) with errno set when it cannot.
/// `origin` is put on every line: `g7/w2`, `g7/master`.
bool configure(const config::Logging& settings, std::string origin);
/// Opens the log file anew (after rotation).
void reopen();
bool enabled(Level level);
std::uint64_t dropped_lines();

class Event {
public:
    Event(Level level, std::string_view name);
    Event(Event&&) = delete;
    ~Event();

    Event& with(std::string_view key, std::string_view value);
    Event& with(std::string_view key, const char* value) { return with(key, std::string_view(value)); }
    Event& with(std::string_view key, const std::string& value) { return with(key, std::string_view(value)); }
    Event& with(std::string_view key, bool value) { return with_number(key, value ? "true" : "false"); }
    Event& with(std::string_view key, double value);
    Event& with(std::string_view key,
                Failure failure);  ///< `reason`, and the system's words if there are any
    template <class T>
    requires(std::is_integral_v<T> && !std::is_same_v<T, bool>) Event& with(std::string_view key, T value) {
        return with_number(key, std::to_string(value));
    }
    template <class Rep, class Period>
    Event& with(std::string_view key, std::chrono::duration<Rep, Period> value) {
        return with(
            key, std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(value).count()) + "ms");
    }

private:
    Event& with_number(std::string_view key, std::string_view digits);

    bool enabled_;
    std::string line_;
    Level level_;
};

inline Event debug(std::string_view name) {
    return Event(Level::debug, name);
}
inline Event info(std::string_view name) {
    return Event(Level::info, name);
}
inline Event notice(std::string_view name) {
    return Event(Level::notice, name);
}
inline Event warn(std::string_view name) {
    return Event(Level::warn, name);
}
inline Event error(std::string_view name) {
    return Event(Level::error, name);
}
inline Event crit(std::string_view name) {
    return Event(Level::crit, name);
}

}  // namespace baton::log
