/// The predecessor's side of a hand-over between two workers: freezes connections, offers them in windows,
/// and lets go of those that the successor has taken. docs/control_protocol.md specifies what is said.
#pragma once

#include "server/event/event_loop.h"
#include "upgrade/hand_over/parcel.h"

#include <cstdint>
#include <memory>
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
///            ▲                                                                                     │ READY
///            └──────────────────────────────── COMMIT sent ◄──── those taken leave, the others stay ┘
///     each ──hang-up, garbage, no READY in time──► lost                        everything frozen is kept
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

    HandOverSender(EventLoop& loop, Fd link, HandOverSource& source);
    ~HandOverSender() override;
    /// Fails with what the loop said.
    Result<void> start();

    /// Offers what can go now, unless a window is under way or the other side has not said yet what it takes:
    /// then it goes on by itself. To be called whenever something may have become movable.
    void go_on();
    /// Nothing is frozen.
    bool is_idle() const;
    bool is_lost() const;
    const Totals& totals() const;
};

}  // namespace baton::upgrade
