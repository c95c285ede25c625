/// What the upgrade machine starts, step by step: another master (an upgrade) or more workers of this one (a
/// reload).
#pragma once

#include "server/event/event_loop.h"
#include "upgrade/control_message.h"
#include "upgrade/hand_over/parcel.h"

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace baton::upgrade {

/// Hears how far a successor is. Each step is reported once, perhaps before the call that began it returns.
class SuccessorObserver {
public:
    virtual ~SuccessorObserver() = default;
    virtual void on_preflight_passed() = 0;
    virtual void on_spawned() = 0;
    virtual void on_hello() = 0;
    virtual void on_ready() = 0;
    /// It accepts: the switch is done.
    virtual void on_accepting() = 0;
    /// It will not get further. `exit_code` is what a waiting command exits with, `reason` is for people, may
    /// have several lines.
    virtual void on_failed(int exit_code, const std::string& reason) = 0;
};

class Successor : public Disposable {
public:
    /// Looks whether starting it makes sense at all; starts nothing that serves.
    virtual void preflight() = 0;
    virtual void spawn() = 0;
    /// Tells it to accept, on trial or for good. The predecessor accepts as well until the answer.
    virtual void commit(const Commit& terms) = 0;
    /// On trial: takes this share of the new connections, in thousandths.
    virtual void take_share(std::uint16_t) {}
    /// The trial has ended well: it serves for good.
    virtual void end_trial() {}
    /// Ends whatever was started; no report follows. Called at most once, before it serves for good.
    virtual void abandon() = 0;
    /// It may be committed on trial. Known since HELLO.
    virtual bool knows_trials() const { return false; }
    /// `generation 8`, `master 21377`: for messages.
    virtual std::string name() const = 0;
    /// Its number; 0 before it is ready.
    virtual std::uint32_t generation() const { return 0; }
    /// Of the process that serves after the switch.
    virtual pid_t pid() const = 0;
    /// The kinds of parcels that its workers take; 0 = it takes no live connections. Known since HELLO.
    virtual ParcelKinds parcel_kinds() const = 0;
    /// Known since it is ready.
    virtual std::uint32_t worker_count() const = 0;
    /// Gives link k to its worker k modulo `worker_count()`. Once, after it accepts.
    virtual void take_over(std::vector<Fd> links) = 0;
};

}  // namespace baton::upgrade
