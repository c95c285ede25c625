#include "server/process/signals.h"

#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>

namespace baton {

Result<std::unique_ptr<SignalSource>> SignalSource::create(EventLoop& loop,
                                                           std::initializer_list<int> numbers,
                                                           SignalHandler& handler) {
    sigset_t set;
    ::sigemptyset(&set);
    for (const int number : numbers) ::sigaddset(&set, number);
    if (::sigprocmask(SIG_BLOCK, &set, nullptr) != 0) return system_failure();
    Fd descriptor{::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)};
    if (!descriptor) return system_failure();
    auto source = std::unique_ptr<SignalSource>(new SignalSource(std::move(descriptor), handler));
    if (auto watched = source->watch_.start(loop, source->descriptor_.get(), *source, Trigger::level);
        !watched)
        return tl::unexpected(watched.error());
    return source;
}

void SignalSource::on_ready() noexcept {
    // One at a time: the handler may take the whole process down a different way, level triggering brings the
    // rest.
    signalfd_siginfo info{};
    if (::read(descriptor_.get(), &info, sizeof info) != static_cast<ssize_t>(sizeof info)) return;
    // A terminal that was resized says so to every process in front of it, and means no order.
    if (info.ssi_signo == SIGWINCH && info.ssi_code == SI_KERNEL) return;
    handler_.on_signal(static_cast<int>(info.ssi_signo), static_cast<pid_t>(info.ssi_pid));
}

sigset_t current_signal_mask() {
    sigset_t mask;
    ::sigemptyset(&mask);
    ::sigprocmask(SIG_BLOCK, nullptr, &mask);
    return mask;
}

void ignore_signals(std::initializer_list<int> numbers) {
    for (const int number : numbers) ::signal(number, SIG_IGN);
}

const char* signal_name(int number) {
    thread_local std::array<char, 32> text;
    if (const char* const abbreviation = ::sigabbrev_np(number)) {
        std::snprintf(text.data(), text.size(), "SIG%s", abbreviation);
    } else {
        std::snprintf(text.data(), text.size(), "signal %d", number);
    }
    return text.data();
}

}  // namespace baton
