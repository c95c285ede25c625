/// Signals as events of the loop (signalfd).
#pragma once

#include "server/event/event_loop.h"

#include <signal.h>

#include <initializer_list>
#include <memory>

namespace baton {

class SignalHandler {
public:
    virtual ~SignalHandler() = default;
    /// `sender` is 0 when the kernel or a terminal sent it.
    virtual void on_signal(int number, pid_t sender) noexcept = 0;
};

/// Takes some signals off their usual ways and reports them through the loop while it lives.
class SignalSource final : private WatchHandler {
public:
    /// Blocks the signals for this process and reports them from now on. Fails with what signalfd or epoll
    /// said.
    static Result<std::unique_ptr<SignalSource>> create(EventLoop& loop, std::initializer_list<int> numbers,
                                                        SignalHandler& handler);

private:
    SignalSource(Fd descriptor, SignalHandler& handler)
        : descriptor_(std::move(descriptor)), handler_(handler) {}
    void on_ready() noexcept override;

    Fd descriptor_;
    SignalHandler& handler_;
    Watch watch_;
};

/// The calling thread's signal mask.
sigset_t current_signal_mask();
/// Ignores each of `numbers` from now on.
void ignore_signals(std::initializer_list<int> numbers);
/// `SIGSEGV` for 11; `signal 99` for one without a name.
const char* signal_name(int number);

}  // namespace baton
