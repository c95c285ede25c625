/// The syslog half of `LogOutput`: a datagram a line, in the local form of RFC 3164 or, over the network, of
/// RFC 5424.
#include "server/log/log_output.h"

#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

namespace baton {
namespace {

constexpr int facility_daemon = 3;

/// `<30>Nov 21 10:00:00 baton[4711]: ` or `<30>1 2026-11-21T10:00:00Z host baton 4711 - - `. Returns its
/// length.
std::size_t write_header(char* out, std::size_t capacity, Severity severity, bool over_network) {
    const int priority = facility_daemon * 8 + static_cast<int>(severity);
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    tm calendar{};
    char when[32];
    int written = 0;
    if (over_network) {
        ::gmtime_r(&now.tv_sec, &calendar);
        ::strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", &calendar);
        char host[256];
        if (::gethostname(host, sizeof host) != 0 || host[0] == '\0') std::snprintf(host, sizeof host, "-");
        host[sizeof host - 1] = '\0';
        written = std::snprintf(out, capacity, "<%d>1 %s %s baton %d - - ", priority, when, host, ::getpid());
    } else {
        ::localtime_r(&now.tv_sec, &calendar);
        ::strftime(when, sizeof when, "%b %e %H:%M:%S", &calendar);
        written = std::snprintf(out, capacity, "<%d>%s baton[%d]: ", priority, when, ::getpid());
    }
    return written < 0 ? 0 : std::min(static_cast<std::size_t>(written), capacity - 1);
}

}  // namespace

WriteOutcome LogOutput::write_datagrams(std::string_view lines, Severity severity) {
    char header[384];
    const std::size_t header_size = write_header(header, sizeof header, severity, over_network_);
    WriteOutcome outcome;
    while (outcome.bytes < lines.size()) {
        const std::string_view rest = lines.substr(outcome.bytes);
        const std::size_t newline = rest.find('\n');
        const std::string_view line = rest.substr(0, newline);
        iovec parts[2] = {{header, header_size}, {const_cast<char*>(line.data()), line.size()}};
        msghdr message{};
        message.msg_iov = parts;
        message.msg_iovlen = 2;
        if (::sendmsg(file_.get(), &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 && errno != EMSGSIZE) {
            if (errno == EINTR) continue;
            const int error = errno;
            // The daemon was restarted: its socket is another one by the same name.
            if (!over_network_ && (error == ECONNREFUSED || error == ENOTCONN || error == ECONNRESET) &&
                reopen()) {
                if (::sendmsg(file_.get(), &message, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) {
                    outcome.bytes += newline == std::string_view::npos ? rest.size() : newline + 1;
                    continue;
                }
            }
            outcome.os_error = error;
            return outcome;
        }
        outcome.bytes += newline == std::string_view::npos ? rest.size() : newline + 1;
    }
    return outcome;
}

}  // namespace baton
