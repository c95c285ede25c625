/// THE machine: one generation replaces another, seen from the one that is replaced. Reload and upgrade both
/// run it.
#pragma once

#include "server/event/event_loop.h"
#include "upgrade/judgement.h"
#include "upgrade/phase_table.h"
#include "upgrade/successor.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace baton::upgrade {

/// How a replacement ended.
struct Outcome {
    enum class Kind : std::uint8_t {
        switched,     ///< the successor serves
        checked,      ///< only the preflight was wanted, and it passed
        rolled_back,  ///< the predecessor serves, still or again; see `failed_in` and `reason`
    };
    struct Step {
        Phase phase;
        Duration took;
    };
    Kind kind = Kind::rolled_back;
    int exit_code = 0;  ///< for a waiting command
    Phase failed_in = Phase::idle;
    std::string reason;
    Duration failed_after{};       ///< the beginning of that phase
    std::string successor;         ///< its name
    std::uint32_t generation = 0;  ///< the successor's; 0 = it had none yet
    std::vector<Step> steps;
};

class UpgradeHandler {
public:
    virtual ~UpgradeHandler() = default;
    /// The successor accepts: the predecessor drains from now on. Called before the outcome is reported.
    virtual void on_switched(std::unique_ptr<Successor> successor) = 0;
    /// The successor was abandoned in `phase`; nothing has changed.
    virtual void on_rolled_back(Successor& successor, Phase phase) = 0;
    /// The successor accepts on trial, this share of the new connections in thousandths; the predecessor the
    /// rest, and live connections stay with it.
    virtual void on_canary(Successor&, std::uint16_t /*share*/) {}
    /// The successor accepts on trial beside the predecessor until somebody decides.
    virtual void on_side_by_side(Successor&) {}
    /// The successor accepts on trial: it gets the live connections, and the predecessor stands by.
    virtual void on_probation(Successor&) {}
    /// How a successor on trial does since the phase, or the present share, began; asked again and again.
    /// `meanwhile`: it may still prove itself.
    virtual Judgement judge(Successor&, bool /*meanwhile*/) { return {Judgement::Opinion::good, {}}; }
    /// The trial has failed: the predecessor serves again. The successor lives and is to return what it has,
    /// or was abandoned.
    virtual void on_taken_back(std::unique_ptr<Successor> /*successor*/, bool /*lives*/) {}
};

///                 start
///     idle ─────────────────► preflight ──passed──► spawning ──spawned──► awaiting_hello
///      ▲ ▲                        │                    │                        │ hello
///      │ │                        │                    │                        ▼
///      │ └──────── failed, out of time, cancelled ─────┴─────────────── awaiting_ready
///      │                          │                                             │ ready
///      │                          └──────────────── the same ──────────────┐    ▼
///      ├──────────────────────── accepting (the predecessor drains) ─────── switching
///      │                                         │ accepting, on trial          │ the same, with shares
///      │                                         ▼                              ▼
///      ├── the window is over, keep (it drains) ─ probation ◄─ proved, keep ─ canary ──next share──┐
///      │                                         │                              │ ▲              │
///      └────────────── fault, give back, failed ─┴──────────────────────────────┘ └──────────────┘
///
/// By hand, side_by_side takes the place of the canary and ends with stand_by, and the probation has no end.
///
/// Until `accepting` the predecessor serves as ever, so the way back to idle is to forget the successor. On
/// probation it stands by, and the way back is to serve again and have everything returned.
/// Every phase has a deadline: the configured one for the preflight, the same once more from the spawn until
/// ready, a short one for the switch, and the window of the probation, whose end is success.
class Upgrade final : private SuccessorObserver {
public:
    struct Request {
        std::unique_ptr<Successor> successor;
        Duration ready_timeout{};
        bool preflight_only = false;
        Duration confirm_window{};  ///< of the probation; 0 = none
        bool manual = false;        ///< the operator decides, and takes the time he likes; no canary
        /// Of the new connections, in thousandths, one after the other; none = no canary.
        std::vector<std::uint16_t> shares{};
        Duration share_time{};                                 ///< for each of them at least
        std::function<void(const Outcome&)> done;              ///< called exactly once
        std::function<void(const Outcome::Step&)> progress{};  ///< after each phase that went well
    };

    Upgrade(EventLoop& loop, UpgradeHandler& handler);
    ~Upgrade() override;

    /// Begins. Only when idle.
    void start(Request request);
    /// Rolls back whatever runs; nothing when idle.
    void cancel(int exit_code, const std::string& reason);
    /// On trial by hand: the predecessor stands by from now on; nothing in another phase.
    void stand_by();
    /// Ends the trial at once, in the successor's favour; nothing in another phase.
    void keep();
    Phase phase() const { return phase_; }
    bool is_idle() const { return phase_ == Phase::idle; }
    /// When the present phase, or share, is over if nothing happens; nothing for one that waits.
    std::optional<TimePoint> phase_ends() const {
        return deadline_.armed() ? std::optional(deadline_.due()) : std::nullopt;
    }
    /// The successor makes this observer hear its steps.
    SuccessorObserver& observer() { return *this; }

private:
    static constexpr Duration switch_timeout = std::chrono::seconds{5};
    static constexpr Duration look_interval = std::chrono::milliseconds{100};

    void on_preflight_passed() override;
    void on_spawned() override;
    void on_hello() override;
    void on_ready() override;
    void on_accepting() override;
    void on_failed(int exit_code, const std::string& reason) override;
    void on_deadline();
    void on_look();

    /// Does what the table says. The rest is for whoever waits, if it is the end.
    void happen(Event event, int exit_code = 0, const std::string& reason = {});
    void enter(Phase phase);
    void advance();
    Phase after_switch() const;
    std::string missing() const;
    Commit terms() const;
    void try_share();
    void look_at_canary();
    void finish_phase();
    void roll_back(int exit_code, const std::string& reason);
    void take_back(int exit_code, const std::string& reason, bool successor_lives);
    Outcome failure(int exit_code, const std::string& reason) const;
    void end_preflight();
    void conclude();
    void report(Outcome outcome);

    EventLoop& loop_;
    UpgradeHandler& handler_;
    Phase phase_ = Phase::idle;
    Request request_;
    std::vector<Outcome::Step> steps_;
    TimePoint phase_began_{};
    std::size_t share_ = 0;  // of `Request::shares`, the present one
    bool share_time_over_ = false;
    Timer deadline_;
    Timer look_;  // at a successor on trial
};

}  // namespace baton::upgrade
