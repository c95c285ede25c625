/// THE machine: one generation replaces another, seen from the one that is replaced. Reload and upgrade both
/// run it.
#pragma once

#include "server/event/event_loop.h"
#include "upgrade/successor.h"

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace baton::upgrade {

enum class Phase : std::uint8_t { idle, preflight, spawning, awaiting_hello, awaiting_ready, switching };
std::string_view to_string(Phase phase);

/// How a replacement ended.
struct Outcome {
    enum class Kind : std::uint8_t {
        switched,     ///< the successor serves
        checked,      ///< only the preflight was wanted, and it passed
        rolled_back,  ///< nothing has changed; see `failed_in` and `reason`
    };
    struct Step {
        Phase phase;
        Duration took;
    };
    Kind kind = Kind::rolled_back;
    int exit_code = 0;  ///< for a waiting command
    Phase failed_in = Phase::idle;
    std::string reason;
    std::string successor;  ///< its name
    std::vector<Step> steps;
};

class UpgradeHandler {
public:
    virtual ~UpgradeHandler() = default;
    /// The successor accepts: the predecessor drains from now on. Called before the outcome is reported.
    virtual void on_switched(std::unique_ptr<Successor> successor) = 0;
    /// The successor was abandoned in `phase`; nothing has changed.
    virtual void on_rolled_back(Successor& successor, Phase phase) = 0;
};

///                 start
///     idle ─────────────────► preflight ──passed──► spawning ──spawned──► awaiting_hello
///      ▲ ▲                        │                    │                        │ hello
///      │ │                        │                    │                        ▼
///      │ └──────── failed, out of time, cancelled ─────┴─────────────── awaiting_ready
///      │                          │                                             │ ready
///      │                          └──────────────── the same ──────────────┐    ▼
///      └──────────────────────── accepting (the predecessor drains) ─────── switching
///
/// Until `accepting` the predecessor serves as ever, so the way back to idle is to forget the successor.
/// Every phase has a deadline: the configured one for the preflight, the same once more from the spawn until
/// ready, and a short one for the switch.
class Upgrade final : private SuccessorObserver {
public:
    struct Request {
        std::unique_ptr<Successor> successor;
        Duration ready_timeout{};
        bool preflight_only = false;
        std::function<void(const Outcome&)> done;              ///< called exactly once
        std::function<void(const Outcome::Step&)> progress{};  ///< after each phase that went well
    };

    Upgrade(EventLoop& loop, UpgradeHandler& handler);
    ~Upgrade() override;

    /// Begins. Only when idle.
    void start(Request request);
    /// Rolls back whatever runs; nothing when idle.
    void cancel(int exit_code, const std::string& reason);
    Phase phase() const { return phase_; }
    bool is_idle() const { return phase_ == Phase::idle; }
    /// The successor makes this observer hear its steps.
    SuccessorObserver& observer() { return *this; }

private:
    static constexpr Duration switch_timeout = std::chrono::seconds{5};

    void on_preflight_passed() override;
    void on_spawned() override;
    void on_hello() override;
    void on_ready() override;
    void on_accepting() override;
    void on_failed(int exit_code, const std::string& reason) override;
    void on_deadline();

    void enter(Phase phase);
    void finish_phase();
    void roll_back(int exit_code, const std::string& reason);
    void report(Outcome outcome);

    EventLoop& loop_;
    UpgradeHandler& handler_;
    Phase phase_ = Phase::idle;
    Request request_;
    std::vector<Outcome::Step> steps_;
    TimePoint phase_began_{};
    Timer deadline_;
};

}  // namespace baton::upgrade
