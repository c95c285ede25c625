/// The successor's side of a hand-over between two workers: holds what is offered, and brings it to life once
/// the predecessor has let go of it. docs/control_protocol.md specifies what is said.
#pragma once

#include "server/event/event_loop.h"
#include "upgrade/hand_over/parcel.h"

#include <cstdint>
#include <memory>
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
};

///     idle ──OFFER──► gathering ──last piece, parcels held──► READY sent ──COMMIT──► idle (BUDGET sent)
///     each ──hang-up, garbage, MSG_CTRUNC──► over
class HandOverReceiver final : public Disposable, private WatchHandler {
public:
    HandOverReceiver(EventLoop& loop, Fd link, HandOverSink& sink);
    ~HandOverReceiver() override;
    /// Says what can be taken. Fails with what the loop said.
    Result<void> start();
    bool is_over() const;
    /// Connections that came to life here.
    std::uint64_t moved() const;
};

}  // namespace baton::upgrade
