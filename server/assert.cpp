#include "server/assert.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace baton {

void assertion_failed(const char* expression, const char* file, int line, const char* detail) noexcept {
    // Straight to stderr: whatever is broken may be what the log is made of.
    char text[512];
    const int length =
        std::snprintf(text, sizeof text, "baton: assertion failed: %s %s%s%s(%s:%d, pid %d)\n", expression,
                      *detail ? "[" : "", detail, *detail ? "] " : "", file, line, ::getpid());
    if (length > 0) {
        const auto bytes = static_cast<std::size_t>(length) < sizeof text ? static_cast<std::size_t>(length)
                                                                          : sizeof text - 1;
        [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text, bytes);
    }
    std::abort();
}

}  // namespace baton
