#include "server/assert.h"
#include "server/event/event_loop.h"

#include <sys/epoll.h>

#include <cerrno>

namespace baton {

Result<void> Watch::start(EventLoop& loop, int descriptor, WatchHandler& handler, Trigger trigger) {
    ASSERT(loop_ == nullptr);
    epoll_event event{};
    switch (trigger) {
        case Trigger::edge: event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET; break;
        case Trigger::level: event.events = EPOLLIN; break;
        // Of the processes that wait for the same socket, the kernel wakes one or few, not all.
        case Trigger::level_exclusive: event.events = EPOLLIN | EPOLLEXCLUSIVE; break;
    }
    event.data.ptr = this;
    if (::epoll_ctl(loop.epoll_.get(), EPOLL_CTL_ADD, descriptor, &event) != 0) return system_failure();
    loop_ = &loop;
    handler_ = &handler;
    descriptor_ = descriptor;
    readable_ = writable_ = hung_up_ = false;
    return {};
}

void Watch::stop() {
    if (!loop_) return;
    // Before the owner closes: another process may hold the same open file, and then close alone would not
    // take it off.
    ::epoll_ctl(loop_->epoll_.get(), EPOLL_CTL_DEL, descriptor_, nullptr);
    unlink();
    loop_ = nullptr;
    readable_ = writable_ = false;
}

void Watch::call_again() {
    if (!loop_) return;
    unlink();
    loop_->next_turn_.push_back(*this);
}

}  // namespace baton
