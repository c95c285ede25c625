/// What can be asked of a running master: by the control socket's commands and by signals alike.
#pragma once

#include "server/event/clock.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace baton::admin {

/// How an order ended. `exit_code` is what the waiting command exits with (sysexits: 0, 1, 75, 78, …).
struct Verdict {
    int exit_code = 0;
    std::string text;  ///< for people, may have several lines; empty = nothing to say
    std::string json;  ///< the same as one JSON object on one line
};

/// Called exactly once, perhaps before the order returns; never after the master has gone.
using Reply = std::function<void(const Verdict&)>;
/// Progress on the way to the verdict, one event a call: a line for people and the same as JSON.
using Progress = std::function<void(const std::string& text, const std::string& json)>;

/// What an upgrade must prove, in the place of `upgrade.canary`; what is not said stays.
struct CanaryOrder {
    std::vector<std::uint16_t> shares;            ///< thousandths; empty = as configured
    std::optional<Duration> time;                 ///< for each share
    std::optional<std::uint16_t> max_error_rate;  ///< thousandths
    std::optional<std::uint16_t> max_latency;     ///< thousandths of growth
};

struct UpgradeOrder {
    std::optional<std::string> binary;  ///< another file than upgrade.binary
    bool check_only = false;            ///< preflight, then stop
    CanaryOrder canary{};
    bool commit = false;  ///< not an upgrade: one that is on probation is kept at once
    /// However it does on trial, it stays unless somebody takes it back.
    bool no_rollback = false;
    std::optional<Duration> drain_timeout{};  ///< in the place of drain.timeout
};

enum class StopMode : std::uint8_t {
    graceful,  ///< QUIT: within drain.timeout
    bounded,   ///< TERM: within drain.stop_timeout; a second one means now
    now,       ///< INT
};

class Orders {
public:
    virtual ~Orders() = default;
    virtual void reload(Reply reply, Progress progress) = 0;
    virtual void upgrade(const UpgradeOrder& order, Reply reply, Progress progress) = 0;
    /// Back to the program that this one replaced, live connections included.
    virtual void rollback(Reply reply, Progress progress) = 0;
    /// Replies when the order has been accepted; the control connection closes when the process ends.
    virtual void stop(StopMode mode, Reply reply) = 0;
    /// Closes what an older generation still has, from now on.
    virtual void finish_generation(std::uint32_t number, Reply reply) = 0;
    virtual void reopen_logs() = 0;
    virtual void stop_accepting() = 0;
    /// The state of the whole lineage as text (one screen) and as one JSON object.
    virtual Verdict status() = 0;
};

}  // namespace baton::admin
