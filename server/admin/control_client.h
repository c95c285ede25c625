/// A command's end of the admin socket: gives an order to the running instance and waits for what becomes of
/// it.
#pragma once

#include "server/admin/control_message.h"

#include <chrono>
#include <functional>
#include <optional>
#include <string>

namespace baton::admin {

struct OrderOptions {
    std::string socket;
    /// How long to wait for the verdict; absent = for ever.
    std::optional<std::chrono::milliseconds> timeout;
    /// Return as soon as the instance has taken the order.
    bool detach = false;
    /// After the verdict, wait until the process has ended.
    bool wait_for_end = false;
};

/// What became of an order.
struct OrderOutcome {
    /// The verdict's, or: 69 no instance listens there, or it ended before it answered; 75 the timeout
    /// passed; 77 not allowed; 70 it answered nonsense.
    int exit_code = 0;
    std::optional<Verdict> verdict;
    std::string complaint;  ///< in words, when there is no verdict and the exit code is not 0
};

/// Sends the order and blocks. `on_progress` is called for each step.
OrderOutcome give_order(const OrderOptions& options, const Request& request,
                        const std::function<void(const Verdict& step)>& on_progress);

}  // namespace baton::admin
