#include "proxy/demo/pacer.h"

#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace baton::demo {

void Wakeup::arm(Duration after) {
    unlink();
    due_ = Clock::system().now() + after;
    pacer_.insert(*this);
}

Result<std::unique_ptr<Pacer>> Pacer::create(EventLoop& loop) {
    Fd timer{::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)};
    if (!timer) return system_failure();
    std::unique_ptr<Pacer> pacer{new Pacer(std::move(timer))};
    if (auto started = pacer->watch_.start(loop, pacer->timer_.get(), *pacer, Trigger::level); !started) {
        return tl::unexpected(started.error());
    }
    return pacer;
}

void Pacer::on_ready() noexcept {
    std::uint64_t expirations = 0;
    if (::read(timer_.get(), &expirations, sizeof expirations) < 0 && errno != EAGAIN) return;
    waking_ = true;
    // Pauses that begin in this round end in a later one, however short they are.
    const TimePoint now = Clock::system().now();
    while (!queue_.empty() && queue_.begin()->due_ < now) {
        Wakeup& wakeup = *queue_.begin();
        wakeup.unlink();
        wakeup.callback_(wakeup.owner_);
    }
    waking_ = false;
    set_timer();
}

void Pacer::insert(Wakeup& wakeup) {
    queue_.insert(wakeup);
    if (!waking_ && &*queue_.begin() == &wakeup) set_timer();
}

void Pacer::set_timer() {
    if (queue_.empty()) return;
    const auto nanoseconds = std::max<std::int64_t>(queue_.begin()->due_.time_since_epoch().count(), 1);
    itimerspec when{};
    when.it_value.tv_sec = nanoseconds / 1'000'000'000;
    when.it_value.tv_nsec = nanoseconds % 1'000'000'000;
    ::timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &when, nullptr);
}

}  // namespace baton::demo
