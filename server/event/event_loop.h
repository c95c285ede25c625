/// One thread's loop: waits for descriptors and deadlines and calls their owners (epoll, edge-triggered).
///
/// A turn first reads the clock and marks every ready descriptor, and only then calls their owners, so that a
/// connection pool can see in the middle of a turn that a pooled connection has become readable. Destroying
/// any owner during a turn is safe: a watch takes itself off the list of those still to be called.
#pragma once

#include "server/event/clock.h"
#include "server/event/fd.h"
#include "server/event/timer_wheel.h"
#include "server/result.h"

#include <boost/intrusive/list.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace baton {

class EventLoop;

/// Is told that its descriptor is ready.
class WatchHandler {
public:
    virtual ~WatchHandler() = default;
    virtual void on_ready() noexcept = 0;
};

/// Edges: readiness is reported once and remembered until the owner clears it. Level: reported while it
/// lasts.
enum class Trigger : std::uint8_t { edge, level, level_exclusive };

/// A descriptor's place in the loop, and what is known of its readiness. A member of whoever owns the
/// descriptor.
class Watch
    : public boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
public:
    Watch() = default;
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;
    ~Watch() { stop(); }

    /// Starts watching `descriptor` for reading, and with Trigger::edge also for writing. Fails with what
    /// epoll_ctl said.
    Result<void> start(EventLoop& loop, int descriptor, WatchHandler& handler,
                       Trigger trigger = Trigger::edge);
    /// Stops at once (EPOLL_CTL_DEL): no event reaches the handler afterwards, not even one of this turn.
    void stop();
    bool watching() const { return loop_ != nullptr; }

    bool readable() const { return readable_; }
    bool writable() const { return writable_; }
    /// The peer has shut its side or the connection failed; data may still be there to read.
    bool hung_up() const { return hung_up_; }
    /// After a read that came up short or would block: the next edge reports more.
    void clear_readable() { readable_ = false; }
    void clear_writable() { writable_ = false; }
    /// Calls the handler again in the next turn without waiting for an edge: it stopped to let others work.
    void call_again();
    void set_handler(WatchHandler& handler) { handler_ = &handler; }

private:
    friend class EventLoop;
    EventLoop* loop_ = nullptr;
    WatchHandler* handler_ = nullptr;
    int descriptor_ = -1;
    bool readable_ = false;
    bool writable_ = false;
    bool hung_up_ = false;
};

/// Something to destroy at the end of the turn.
class Disposable {
public:
    virtual ~Disposable() = default;
};

class EventLoop {
public:
    static Result<std::unique_ptr<EventLoop>> create(Clock& clock = Clock::system());
    EventLoop(const EventLoop&) = delete;
    EventLoop& operator=(const EventLoop&) = delete;
    ~EventLoop();

    /// Turns until `stop`.
    void run();
    /// One turn; sleeps at most `longest_wait` (forever when absent) or until the next deadline.
    void turn(std::optional<Duration> longest_wait = std::nullopt);
    /// Ends `run` after this turn.
    void stop() { stopping_ = true; }

    /// The time of this turn.
    TimePoint now() const { return timers_.now(); }
    WallTime wall() const { return wall_; }
    TimerWheel& timers() { return timers_; }
    std::uint64_t turns() const { return turns_; }

    /// Owns `object` until the end of this turn and destroys it then (style guide, rule 6).
    void destroy_later(std::unique_ptr<Disposable> object);

private:
    friend class Watch;
    using WatchList = boost::intrusive::list<Watch, boost::intrusive::constant_time_size<false>>;
    EventLoop(Fd epoll, Clock& clock);
    static constexpr int max_events = 512;  // harvested a turn

    int wait_milliseconds(std::optional<Duration> longest_wait) const;
    void mark_ready(Watch& watch, std::uint32_t events);
    void call_handlers();
    void end_turn();

    Fd epoll_;
    Clock& clock_;
    TimerWheel timers_;
    WallTime wall_;
    WatchList ready_;      // marked in this turn, not yet called
    WatchList next_turn_;  // asked to be called again
    std::vector<std::unique_ptr<Disposable>> graveyard_;
    std::uint64_t turns_ = 0;
    bool stopping_ = false;
};

}  // namespace baton
