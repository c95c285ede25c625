/// Wakes the demo's clients after pauses far shorter than a tick of the timer wheel: a client that thinks for
/// 0–5 ms is the one that meets a closing connection.
#pragma once

#include "server/event/event_loop.h"

#include <boost/intrusive/set.hpp>
#include <memory>

namespace baton::demo {

class Pacer;

/// One pause. A member of its owner, which it calls when the pause is over; disarmed by its destructor.
class Wakeup
    : public boost::intrusive::set_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
public:
    /// `Wakeup wakeup_ = Wakeup::calling<&Owner::go_on>(pacer, *this);`
    template <auto Method, class Owner>
    static Wakeup calling(Pacer& pacer, Owner& owner) {
        return Wakeup(pacer, &owner, [](void* o) { (static_cast<Owner*>(o)->*Method)(); });
    }
    Wakeup(const Wakeup&) = delete;
    Wakeup& operator=(const Wakeup&) = delete;

    /// Due `after` from the present moment, not from the start of the turn. Arming again moves it.
    void arm(Duration after);
    void disarm() { unlink(); }
    bool armed() const { return is_linked(); }

    friend bool operator<(const Wakeup& a, const Wakeup& b) { return a.due_ < b.due_; }

private:
    friend class Pacer;
    using Callback = void (*)(void*);
    Wakeup(Pacer& pacer, void* owner, Callback callback)
        : pacer_(pacer), owner_(owner), callback_(callback) {}

    Pacer& pacer_;
    void* owner_;
    Callback callback_;
    TimePoint due_{};
};

/// All pauses of one loop behind one timerfd.
class Pacer final : private WatchHandler {
public:
    /// Fails with what timerfd_create or epoll_ctl said.
    static Result<std::unique_ptr<Pacer>> create(EventLoop& loop);

private:
    friend class Wakeup;
    using Queue = boost::intrusive::multiset<Wakeup, boost::intrusive::constant_time_size<false>>;
    explicit Pacer(Fd timer) : timer_(std::move(timer)) {}
    void on_ready() noexcept override;
    void insert(Wakeup& wakeup);
    void set_timer();

    Fd timer_;
    Watch watch_;
    Queue queue_;
    bool waking_ = false;  // the timer is set once, after all due pauses have ended
};

}  // namespace baton::demo
