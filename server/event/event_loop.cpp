#include "server/event/event_loop.h"

#include "server/assert.h"

#include <sys/epoll.h>

#include <algorithm>
#include <cerrno>
#include <climits>

namespace baton {

Result<std::unique_ptr<EventLoop>> EventLoop::create(Clock& clock) {
    Fd epoll{::epoll_create1(EPOLL_CLOEXEC)};
    if (!epoll) return system_failure();
    return std::unique_ptr<EventLoop>(new EventLoop(std::move(epoll), clock));
}

EventLoop::EventLoop(Fd epoll, Clock& clock)
    : epoll_(std::move(epoll)), clock_(clock), timers_(clock.now()), wall_(clock.wall()) {}

EventLoop::~EventLoop() {
    graveyard_.clear();
}

void EventLoop::run() {
    while (!stopping_) turn();
    stopping_ = false;
}

void EventLoop::turn(std::optional<Duration> longest_wait) {
    epoll_event events[max_events] __attribute__((uninitialized));  // only what is filled is read
    const int count = ::epoll_wait(epoll_.get(), events, max_events, wait_milliseconds(longest_wait));
    ASSERT(count >= 0 || errno == EINTR);
    timers_.set_now(clock_.now());
    wall_ = clock_.wall();
    ++turns_;
    ready_.splice(ready_.end(), next_turn_);
    for (int i = 0; i < count; ++i) mark_ready(*static_cast<Watch*>(events[i].data.ptr), events[i].events);
    call_handlers();
    timers_.advance(timers_.now());
    end_turn();
}

int EventLoop::wait_milliseconds(std::optional<Duration> longest_wait) const {
    if (!next_turn_.empty() || stopping_) return 0;
    std::optional<Duration> wait = timers_.until_next();
    if (longest_wait) wait = wait ? std::min(*wait, *longest_wait) : *longest_wait;
    if (!wait) return -1;
    const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(*wait).count();
    return static_cast<int>(std::min<std::int64_t>(milliseconds, INT_MAX));
}

void EventLoop::mark_ready(Watch& watch, std::uint32_t events) {
    if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLERR | EPOLLHUP)) != 0) watch.readable_ = true;
    if ((events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) != 0) watch.writable_ = true;
    if ((events & (EPOLLRDHUP | EPOLLERR | EPOLLHUP)) != 0) watch.hung_up_ = true;
    if (!watch.is_linked()) ready_.push_back(watch);
}

void EventLoop::call_handlers() {
    while (!ready_.empty()) {
        Watch& watch = ready_.front();
        ready_.pop_front();
        watch.handler_->on_ready();  // may destroy the watch and any other
    }
}

void EventLoop::end_turn() {
    // A destructor may ask for more destruction; that waits in the emptied list.
    while (!graveyard_.empty()) {
        auto dying = std::move(graveyard_);
        graveyard_.clear();
        dying.clear();
    }
}

void EventLoop::destroy_later(std::unique_ptr<Disposable> object) {
    graveyard_.push_back(std::move(object));
}

}  // namespace baton
