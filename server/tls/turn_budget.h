/// How much of something may be done in one turn of the loop, by all who share it.
#pragma once

#include "server/event/event_loop.h"

#include <cstdint>

namespace baton::tls {

class TurnBudget {
public:
    explicit TurnBudget(std::uint32_t a_turn) : a_turn_(a_turn) {}

    /// Takes one; false when this turn's are used up. Whoever is refused asks to be called again in the next
    /// turn, where those who wait come first.
    bool take(const EventLoop& loop) {
        if (turn_ != loop.turns()) {
            turn_ = loop.turns();
            taken_ = 0;
        }
        if (taken_ == a_turn_) return false;
        ++taken_;
        return true;
    }

private:
    std::uint32_t a_turn_;
    std::uint32_t taken_ = 0;
    std::uint64_t turn_ = UINT64_MAX;
};

}  // namespace baton::tls
