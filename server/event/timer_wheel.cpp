#include "server/event/timer_wheel.h"

#include <algorithm>
#include <bit>

namespace baton {
namespace {

/// The first tick at or after `time`: a timer that hangs in its slot is never early.
std::uint64_t tick_at_or_after(TimePoint time) {
    const auto since = time.time_since_epoch();
    if (since <= Duration::zero()) return 0;
    return static_cast<std::uint64_t>((since + TimerWheel::tick - Duration{1}) / TimerWheel::tick);
}

std::uint64_t tick_before(TimePoint time) {
    return static_cast<std::uint64_t>(time.time_since_epoch() / TimerWheel::tick);
}

}  // namespace

void Timer::arm(Duration after) {
    arm_at(wheel_->now() + after);
}

void Timer::arm_at(TimePoint due) {
    due_ = due;
    armed_ = true;
    // Later than the slot it hangs in: the wheel finds the new time when that slot comes round.
    if (is_linked() && tick_at_or_after(due) >= tick_) return;
    wheel_->insert(*this);
}

// It stays in its slot, where the wheel drops it or a later arm_at finds it: cheaper than leaving and coming
// back.
void Timer::disarm() {
    armed_ = false;
}

TimerWheel::TimerWheel(TimePoint now) : now_(now), current_tick_(tick_before(now)) {}

void TimerWheel::insert(Timer& timer) {
    timer.unlink();
    timer.tick_ = std::max(tick_at_or_after(timer.due_), current_tick_ + 1);
    const std::size_t slot = timer.tick_ % slot_count;
    slots_[slot].push_back(timer);
    occupied_[slot / 64] |= std::uint64_t{1} << (slot % 64);
}

void TimerWheel::advance(TimePoint now) {
    set_now(now);
    const std::uint64_t last = tick_before(now_);
    if (last <= current_tick_) return;
    const std::uint64_t slots = std::min<std::uint64_t>(last - current_tick_, slot_count);
    std::uint64_t tick_number = last - slots;
    current_tick_ = last;  // what a callback arms goes behind this tick
    for (std::uint64_t i = 0; i < slots; ++i) {
        const std::size_t slot = ++tick_number % slot_count;
        std::uint64_t& word = occupied_[slot / 64];
        const std::uint64_t bit = std::uint64_t{1} << (slot % 64);
        if ((word & bit) == 0) continue;
        word &= ~bit;
        fire_slot(slots_[slot]);
    }
}

void TimerWheel::fire_slot(Slot& slot) {
    Slot hanging;
    hanging.splice(hanging.end(), slot);
    while (!hanging.empty()) {
        Timer& timer = hanging.front();
        hanging.pop_front();
        if (!timer.armed_) continue;
        if (timer.due_ > now_) {
            insert(timer);
            continue;
        }
        timer.armed_ = false;
        timer.callback_(timer.owner_);  // may destroy the timer
    }
}

std::optional<Duration> TimerWheel::until_next() const {
    const std::size_t first = (current_tick_ + 1) % slot_count;
    for (std::size_t step = 0; step <= occupied_.size(); ++step) {
        const std::size_t word = (first / 64 + step) % occupied_.size();
        std::uint64_t bits = occupied_[word];
        if (step == 0) bits &= ~std::uint64_t{0} << (first % 64);
        if (step == occupied_.size()) bits &= ~(~std::uint64_t{0} << (first % 64));
        if (bits == 0) continue;
        const std::size_t slot = word * 64 + static_cast<std::size_t>(std::countr_zero(bits));
        const std::uint64_t distance = (slot + slot_count - first) % slot_count + 1;
        const TimePoint due{tick * static_cast<std::int64_t>(current_tick_ + distance)};
        return std::max(Duration::zero(), due - now_);
    }
    return std::nullopt;
}

}  // namespace baton
