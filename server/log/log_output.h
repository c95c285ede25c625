/// Where log lines end up: a file, an inherited stream, or datagrams to syslog. Writing never blocks.
#pragma once

#include "server/event/fd.h"
#include "server/result.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace baton {

/// The severities of syslog (RFC 5424 §6.2.1) that are used.
enum class Severity : std::uint8_t { critical = 2, error = 3, warning = 4, notice = 5, info = 6, debug = 7 };

/// What `LogOutput::write` did with some lines.
struct WriteOutcome {
    std::size_t bytes = 0;  ///< taken, from the front
    int os_error =
        0;  ///< why not more: EAGAIN when the reader is slow, ENOSPC when the disk is full; 0 = all taken
};

/// How every log file is opened. O_NONBLOCK matters to a named pipe without reader only: a regular file
/// ignores it.
inline constexpr int log_file_flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
inline constexpr mode_t log_file_mode = 0640;

/// Whether `output`, as below, is the path of a file.
bool is_log_file(std::string_view output);

class LogOutput {
public:
    /// `stdout`, `stderr`, a path (made with mode 0640, appended to), `syslog:unix:PATH`,
    /// `syslog:udp:HOST:PORT`, or `journald` (stderr, each line with its severity in front). Fails with the
    /// system's error; a host name that cannot be resolved is `not_found`, another word `bad_message`.
    static Result<LogOutput> open(const std::string& output);

    /// Writes whole lines, each ended by a newline. A pipe gets at most PIPE_BUF bytes at a time, so that
    /// lines of several processes do not mix. May stop in the middle of a line only when the system wrote a
    /// part of it.
    WriteOutcome write(std::string_view lines, Severity severity = Severity::info);
    /// Opens the file by its path anew, or connects the datagram socket again. On failure the former stays in
    /// use.
    Result<void> reopen();
    const std::string& name() const { return name_; }

private:
    enum class Kind : std::uint8_t {
        file,         ///< our own descriptor: regular file, device, or a pipe that was opened non-blocking
        pipe,         ///< the same for a pipe: in pieces of PIPE_BUF
        shared_pipe,  ///< inherited and not to be made non-blocking: asks poll first
        socket,       ///< an inherited stream socket
        datagram,     ///< syslog
    };

    LogOutput(std::string name) : name_(std::move(name)) {}
    Result<void> open_file(const std::string& path);
    Result<void> adopt_stream(int descriptor);
    Result<void> connect_unix(const std::string& path);
    Result<void> connect_udp(const std::string& host, const std::string& port);
    WriteOutcome write_pieces(std::string_view lines);
    WriteOutcome write_datagrams(std::string_view lines, Severity severity);

    std::string name_;
    Fd file_;
    Kind kind_ = Kind::file;
    bool severity_in_front_ = false;  // journald
    bool over_network_ = false;       // syslog with a full RFC 5424 header
};

}  // namespace baton
