/// One dead worker's connections on their way to living workers of its generation.
#pragma once

#include "server/escrow/escrow_holder.h"
#include "server/event/event_loop.h"
#include "upgrade/hand_over/hand_over_sender.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace baton::upgrade {

/// Who lives, and how to reach them.
struct Heirs {
    std::function<std::vector<std::uint32_t>()> ready;          ///< workers by index
    std::function<void(Fd link, std::uint32_t index)> give_to;  ///< the taking end of a link
};

/// Offers each connection over the same line, in the same windows, as a worker that hands over would, to
/// whichever of the heirs is the fastest; the master stands in for the dead.
///
///     waiting ──an heir is ready──► offering ──every connection adopted or lost──► over
///        ▲                             │                                            ▲
///        └──────every link lost────────┘             patience ends ─────────────────┘
class Settlement final : public Disposable {
public:
    /// `on_over` is called once, when nothing is left to be done; its owner destroys it later, not now.
    Settlement(EventLoop& loop, escrow::Estate estate, const Heirs& heirs, std::function<void()> on_over);
    /// What nobody has adopted is closed.
    ~Settlement() override;

    /// A worker has become ready.
    void go_on();
    std::size_t adopted() const { return adopted_; }
    std::size_t lost() const { return lost_; }

private:
    class Piece;
    class Line;
    /// For a first heir, or another one in place of those that died meanwhile.
    static constexpr Duration patience = std::chrono::seconds{30};
    /// Between two attempts with the heirs there are.
    static constexpr Duration pause = std::chrono::seconds{1};
    /// A connection that was on its way to so many workers when they died goes to no other: it may be why.
    static constexpr int most_deaths = 2;

    Movable* next(Line& line, ParcelKinds kinds);
    void on_refused(Piece& piece);
    void on_line_lost(Line& line);
    void settle(Piece& piece, bool adopted);
    bool is_settled() const { return adopted_ + lost_ == pieces_.size(); }
    void on_settled();
    void on_patience_over();

    EventLoop& loop_;
    escrow::EscrowMemory memory_;
    Heirs heirs_;
    std::function<void()> on_over_;
    std::vector<std::unique_ptr<Piece>> pieces_;
    std::deque<Piece*> waiting_;
    std::vector<std::unique_ptr<Line>> lines_;
    std::size_t adopted_ = 0;
    std::size_t lost_ = 0;
    Timer retry_ = Timer::calling<&Settlement::go_on>(loop_.timers(), *this);
    Timer settled_ = Timer::calling<&Settlement::on_settled>(loop_.timers(), *this);
    Timer patience_ = Timer::calling<&Settlement::on_patience_over>(loop_.timers(), *this);
};

}  // namespace baton::upgrade
