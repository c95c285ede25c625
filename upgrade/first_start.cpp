#include "upgrade/first_start.h"

#include <fcntl.h>
#include <unistd.h>

namespace baton::upgrade {

FirstStart FirstStart::capture(std::vector<std::string> arguments) {
    FirstStart start;
    start.arguments = std::move(arguments);
    for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable)
        start.environment.emplace_back(*variable);
    ::sigemptyset(&start.signal_mask);
    ::sigprocmask(SIG_BLOCK, nullptr, &start.signal_mask);
    ::sigaction(SIGPIPE, nullptr, &start.broken_pipe);
    ::getrlimit(RLIMIT_NOFILE, &start.open_files);
    return start;
}

void FirstStart::restore() const {
    ::sigaction(SIGPIPE, &broken_pipe, nullptr);
    ::sigprocmask(SIG_SETMASK, &signal_mask, nullptr);
    ::setrlimit(RLIMIT_NOFILE, &open_files);
}

void ensure_standard_streams() {
    // open() takes the lowest free number, so this fills the gap below 3 and stops.
    for (int descriptor = 0; descriptor <= STDERR_FILENO;) {
        descriptor = ::open("/dev/null", O_RDWR);
        if (descriptor < 0) return;
        if (descriptor > STDERR_FILENO) ::close(descriptor);
    }
}

}  // namespace baton::upgrade
