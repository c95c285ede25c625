/// Gives the order to replace a generation and follows it: to the verdict, and until the old generation is
/// gone.
///
/// Everything is asked at the admin socket: the order's own connection brings its steps and its verdict, and
/// looks (`status`, each on a connection of its own, so that whichever master serves answers) bring the rest.
#pragma once

#include "server/admin/control_client.h"
#include "server/admin/progress/presenter.h"

#include <chrono>
#include <optional>
#include <string>

namespace baton::admin {

struct FollowOptions {
    OrderOptions order;  ///< `Until::ended`: until the replaced generation is gone
    std::string what;    ///< as of `Story`
    /// Between two looks; none = the presenter needs none.
    std::optional<std::chrono::milliseconds> look_interval;
    /// Keys and redrawing.
    bool is_live = false;
};

struct Followed {
    int exit_code = 0;
    std::string complaint;     ///< in words, when there is something to complain of
    bool roll_back = false;    ///< it is over for the caller, who is to give this order next
    int killed_by_signal = 0;  ///< which the caller passes on to itself; the order goes on
};

Followed follow(const FollowOptions& options, const Request& request, Presenter& presenter);

}  // namespace baton::admin
