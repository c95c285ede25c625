/// Deadlines by the thousand: a wheel of 1024 slots of 50 ms, with the timers as members of their owners.
#pragma once

#include "server/event/clock.h"

#include <array>
#include <boost/intrusive/list.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace baton {

class TimerWheel;

/// One deadline. A member of its owner, which it calls when due; disarmed by its destructor.
///
/// Moving a deadline to a later time only stores the time: the wheel looks again when the old slot comes
/// round. A timer never fires early, and at most 50 ms and one turn late.
class Timer
    : public boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
public:
    /// `Timer timer_ = Timer::calling<&Owner::on_timeout>(wheel, *this);`
    template <auto Method, class Owner>
    static Timer calling(TimerWheel& wheel, Owner& owner) {
        return Timer(wheel, &owner, [](void* o) { (static_cast<Owner*>(o)->*Method)(); });
    }
    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;

    /// Due `after` from now (the turn's time); 0 or less is due in the next turn.
    void arm(Duration after);
    void arm_at(TimePoint due);
    void disarm();
    bool armed() const { return armed_; }
    TimePoint due() const { return due_; }

private:
    friend class TimerWheel;
    using Callback = void (*)(void*);
    Timer(TimerWheel& wheel, void* owner, Callback callback)
        : wheel_(&wheel), owner_(owner), callback_(callback) {}

    TimerWheel* wheel_;
    void* owner_;
    Callback callback_;
    TimePoint due_{};
    std::uint64_t tick_ = 0;  // of the slot this timer hangs in
    bool armed_ = false;
};

class TimerWheel {
public:
    static constexpr Duration tick = std::chrono::milliseconds{50};

    explicit TimerWheel(TimePoint now);

    /// Moves the time forward without firing anything yet: handlers of this turn see it as `now()`.
    void set_now(TimePoint now) {
        if (now > now_) now_ = now;
    }
    /// Fires what is due at `now`. A callback may arm, disarm and destroy any timer, its own included.
    void advance(TimePoint now);
    TimePoint now() const { return now_; }
    /// How long the loop may sleep; nothing when no timer is armed. Never longer than the next occupied slot.
    std::optional<Duration> until_next() const;

private:
    friend class Timer;
    using Slot = boost::intrusive::list<Timer, boost::intrusive::constant_time_size<false>>;
    static constexpr std::size_t slot_count = 1024;

    void insert(Timer& timer);
    void fire_slot(Slot& slot);

    std::array<Slot, slot_count> slots_;
    std::array<std::uint64_t, slot_count / 64> occupied_{};
    TimePoint now_;
    std::uint64_t current_tick_;
};

}  // namespace baton
