/// A command's end of the admin socket: gives an order to the running instance and waits for what becomes of
/// it.
#pragma once

#include "server/admin/control_message.h"

#include <chrono>
#include <functional>
#include <optional>
#include <string>

namespace baton::admin {

/// How far an order must have come before its command returns.
enum class Until : std::uint8_t {
    taken,    ///< the instance has understood it and begins
    serving,  ///< the successor serves, perhaps on trial
    verdict,
    ended,  ///< the process has ended
};

struct OrderOptions {
    std::string socket;
    /// How long to wait for the verdict; absent = for ever.
    std::optional<std::chrono::milliseconds> timeout;
    Until until = Until::verdict;
};

/// What became of an order.
struct OrderOutcome {
    /// The verdict's, or: 69 no instance listens there, or it ended before it answered; 75 the timeout
    /// passed; 77 not allowed; 70 it answered nonsense.
    int exit_code = 0;
    std::optional<Verdict> verdict;
    std::string complaint;  ///< in words, when there is no verdict and the exit code is not 0
};

/// Whether the step of a replacement is the one after which its successor serves.
bool is_switched(const Verdict& step);

/// Sends the order and blocks. `on_progress` is called for each step.
OrderOutcome give_order(const OrderOptions& options, const Request& request,
                        const std::function<void(const Verdict& step)>& on_progress);

}  // namespace baton::admin
