/// The successor's side of a hand-over between two workers: holds what is offered, and brings it to life once
/// the predecessor has let go of it. docs/control_protocol.md specifies what is said.
#pragma once

#include "server/event/event_loop.h"
#include "upgrade/hand_over/hand_over_link.h"
#include "upgrade/hand_over/hand_over_message.h"
#include "upgrade/hand_over/hand_over_window.h"
#include "upgrade/hand_over/parcel.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <tl/expected.hpp>
#include <vector>

namespace baton::upgrade {

/// A connection that is understood and held, while it still lives in the predecessor. Destroyed without
/// `commit` it leaves no trace.
class Arrival {
public:
    virtual ~Arrival() = default;
    /// It is ours now and goes on. What cannot be done for want of something ends the connection.
    virtual void commit() noexcept = 0;
};

/// Who takes connections.
class HandOverSink {
public:
    virtual ~HandOverSink() = default;
    virtual ParcelKinds kinds() const = 0;
    /// How many descriptors more this process can hold, its own needs set aside.
    virtual std::uint32_t free_descriptors() const = 0;
    /// Understands a parcel and holds it; touches neither its sockets nor the loop. What is not taken out of
    /// `parcel` is closed, which does no harm to the connection.
    virtual tl::expected<std::unique_ptr<Arrival>, Refusal> hold(ArrivedParcel& parcel) = 0;
    /// The link has ended, or its other side talks nonsense: what was held has been dropped. Whoever owns the
    /// receiver destroys it later, not now.
    virtual void on_receiver_over() = 0;
    /// The connections of a window live here now.
    virtual void on_window_taken() {}
};

///     idle ──OFFER──► gathering ──last piece, parcels held──► awaiting_commit (READY sent)
///       ▲                                                            │ COMMIT
///       └─────────────────those held come to life, BUDGET sent───────┘
///     each ──hang-up, garbage, MSG_CTRUNC──► over
///
/// A COMMIT that had been sent before the hang-up is obeyed: everything is read before the link is over.
class HandOverReceiver final : public Disposable, private WatchHandler {
public:
    HandOverReceiver(EventLoop& loop, Fd link, HandOverSink& sink);
    /// Drops what is held.
    ~HandOverReceiver() override;
    /// Says what can be taken. Fails with what the loop said.
    Result<void> start();
    bool is_over() const { return phase_ == Phase::over; }
    /// Why: the other side has gone (`closed`), talks nonsense or descriptors were lost on the way
    /// (`bad_message`), does not read (`limit`), or there is no memory (`out_of_memory`).
    Reason why_over() const { return why_over_; }
    /// Connections that came to life here.
    std::uint64_t moved() const { return moved_; }

private:
    enum class Phase : std::uint8_t { idle, gathering, awaiting_commit, over };
    static constexpr int most_packets_a_turn = 64;

    void on_ready() noexcept override;
    void hear();
    void receive();
    void advance();
    void take_piece();
    bool follows(const OfferMessage& offer) const;
    void hold_window();
    std::optional<Refusal> hold(const WindowParcel& parcel, std::span<Fd> descriptors);
    std::optional<Refusal> hold(ArrivedParcel& parcel);
    void take_commit();
    void say(const HandOverMessage& message);
    void say_budget();
    void drop();
    void end(Reason reason);
    std::span<char> room_for_content();

    EventLoop& loop_;
    HandOverLink link_;
    HandOverSink& sink_;
    Watch watch_;
    Phase phase_ = Phase::idle;
    Reason why_over_ = Reason::closed;
    bool window_done_ = false;  // enough for this turn

    std::optional<HandOverMessage> heard_;
    std::vector<Fd> heard_descriptors_;

    SecretBuffer window_;
    OfferMessage offer_;  // the window's first piece, without the piece
    std::vector<Fd> descriptors_;
    std::vector<std::unique_ptr<Arrival>> held_;
    std::uint32_t window_number_ = 0;  // the last that came to life
    std::uint64_t moved_ = 0;
};

}  // namespace baton::upgrade
