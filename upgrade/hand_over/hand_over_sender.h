/// The predecessor's side of a hand-over between two workers: freezes connections, offers them in windows,
/// and lets go of those that the successor has taken. docs/control_protocol.md specifies what is said.
#pragma once

#include "server/event/event_loop.h"
#include "upgrade/hand_over/hand_over_link.h"
#include "upgrade/hand_over/hand_over_message.h"
#include "upgrade/hand_over/hand_over_window.h"
#include "upgrade/hand_over/parcel.h"

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

namespace baton::upgrade {

/// A live connection that can be handed over. While it is frozen nobody reads, writes, seals, or looks at its
/// deadlines; it stands in no list but the window's.
class Movable {
public:
    virtual ParcelKind kind() const = 0;
    /// Writes its fields, and its descriptors, which stay its own, in the order in which it wants them back.
    virtual void pack(FieldWriter& fields, std::vector<int>& descriptors) const = 0;
    /// The successor has it: closes its descriptors without a word to anybody, wipes its keys, and is gone.
    virtual void on_taken() noexcept = 0;
    /// It stays: goes on in the very state in which it was frozen.
    virtual void on_kept() noexcept = 0;

protected:
    ~Movable() = default;
};

/// Who has connections to give.
class HandOverSource {
public:
    virtual ~HandOverSource() = default;
    /// Freezes the next connection of one of these kinds that can go now; null when there is none at present.
    virtual Movable* freeze_next(ParcelKinds kinds) = 0;
    /// The successor does not want this one, which has been told already: do not offer it again.
    virtual void on_refused(Movable& connection, Refusal why) = 0;
    /// The link is of no more use; everything that was frozen has been told. Whoever owns the sender destroys
    /// it later, not now.
    virtual void on_sender_lost() = 0;
};

///     awaiting_budget ──BUDGET──► idle ──go_on, something to offer──► offering ──all sent──► awaiting_ready
///                                ▲ ▲                                      │                        │ READY
///                                │ └──a pause── awaiting_room ◄──no room──┘                        │
///                                │                                                                 ▼
///                                └────────────BUDGET: those taken leave──────── awaiting_acknowledgement
///     each ──hang-up, garbage, no word in time──► lost         (COMMIT sent, those refused go on here)
///
/// What was frozen when the link is lost is kept, unless COMMIT was sent: then it is taken, except that the
/// kernel says that the other side has ended without reading it.
class HandOverSender final : public Disposable, private WatchHandler {
public:
    /// What was done until now.
    struct Totals {
        std::uint64_t moved = 0;
        std::uint64_t refused = 0;
        std::uint64_t windows = 0;
        Duration longest_freeze{};
    };
    /// How long a frozen connection waits for the successor's word.
    static constexpr Duration ready_patience = std::chrono::seconds{1};
    /// How long the successor may take to bring a window to life. Nobody else can do that any more, so this
    /// is longer than a master needs to notice and end a worker that hangs.
    static constexpr Duration acknowledgement_patience = std::chrono::seconds{10};

    /// Connections offered at once. The more, the fewer turns; the fewer, the shorter each stands still, and
    /// the less memory is held on both sides.
    static constexpr std::size_t ordinary_window = 48;

    HandOverSender(EventLoop& loop, Fd link, HandOverSource& source);
    /// Lets go of what is frozen as if the link were lost, without telling the source that it is.
    ~HandOverSender() override;
    /// Fails with what the loop said.
    Result<void> start();

    /// Offers what can go, from the next turn on; while a window is under way, or the other side has not said
    /// yet what it takes, it does so by itself later. To be called whenever something may have become
    /// movable.
    void go_on();
    /// Closes the link, which nothing is frozen for, without telling the source.
    void close();
    /// Nothing is frozen.
    bool is_idle() const { return frozen_.empty(); }
    bool is_lost() const { return phase_ == Phase::lost; }
    /// Why the link was lost: the other side has gone (`closed`), and never read a COMMIT (`reset`), talks
    /// nonsense (`bad_message`), is silent (`timed_out`), or the system has no room for what is under way
    /// (`limit`).
    Reason why_lost() const { return why_lost_; }
    const Totals& totals() const { return totals_; }

private:
    enum class Phase : std::uint8_t {
        awaiting_budget,
        idle,
        offering,
        awaiting_ready,
        awaiting_acknowledgement,
        awaiting_room,
        lost
    };
    /// The system's queue is given this long to empty, and windows become smaller each time.
    static constexpr Duration pause_for_room = std::chrono::milliseconds{50};
    static constexpr int most_pauses = 20;  // one behind the other

    void on_ready() noexcept override;
    void on_timeout();
    bool hear();
    void advance();
    void take_budget();
    void begin_window();
    void fill_window();
    bool add_to_window(Movable& connection);
    void send_pieces();
    void pause();
    void take_ready();
    void settle(const ReadyMessage& ready);
    void take_acknowledgement();
    bool learn(const BudgetMessage& budget);
    void keep_all();
    void let_go_of_all();
    void note_freeze();
    void lose(Reason reason);

    EventLoop& loop_;
    HandOverLink link_;
    HandOverSource& source_;
    Watch watch_;
    Timer patience_ = Timer::calling<&HandOverSender::on_timeout>(loop_.timers(), *this);
    Phase phase_ = Phase::awaiting_budget;
    Reason why_lost_ = Reason::closed;

    std::optional<HandOverMessage> heard_;  // in this turn; views heard_content_
    std::array<char, most_parcels> heard_content_{};

    BudgetMessage budget_;
    OutgoingWindow window_;
    std::vector<Movable*> frozen_;  // of the window: until READY all, then those taken
    TimePoint frozen_since_;
    std::uint32_t window_number_ = 0;
    std::size_t sent_ = 0;                          // of the window, bytes
    std::size_t most_in_window_ = ordinary_window;  // fewer while the system is short of room
    int pauses_ = 0;
    Totals totals_;
};

}  // namespace baton::upgrade
