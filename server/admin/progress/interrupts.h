/// Signals that come while a command waits: to end, to go on, to look at the window again.
#pragma once

#include <poll.h>
#include <signal.h>

#include <chrono>
#include <span>

namespace baton::admin {

/// Lets SIGINT, SIGTERM, SIGHUP, SIGWINCH and SIGCONT come in only while `wait` waits. One at a time in a
/// process, which has one thread.
class Interrupts {
public:
    Interrupts();
    Interrupts(const Interrupts&) = delete;
    Interrupts& operator=(const Interrupts&) = delete;
    ~Interrupts();

    /// Until a descriptor is ready, a signal has come, or so much time has passed.
    void wait(std::span<pollfd> descriptors, std::chrono::nanoseconds at_most);
    /// The signal that ends the process; 0 = none has come.
    int ending() const;
    /// Whether the process was stopped and went on since the last call.
    bool take_continued();

private:
    sigset_t before_{};
    struct sigaction actions_[5]{};
};

}  // namespace baton::admin
