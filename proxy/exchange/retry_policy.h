/// Whether a request may be sent again (RFC 9110 §9.2.2, RFC 9112 §9.3.1).
#pragma once

#include "config/config.h"

#include <cstdint>
#include <optional>
#include <string_view>

namespace baton {

using RetryCause = config::RetryCause;

struct RetrySituation {
    RetryCause cause;
    std::string_view method;
    std::uint32_t tries = 1;         ///< made so far
    bool anything_sent = false;      ///< of the last try
    bool anything_received = false;  ///< of its response
    bool body_kept = true;           ///< what was read of the body can be sent once more
    bool reused = false;             ///< the connection had served before
};

/// Says yes only when the route wants this cause retried, tries are left, nothing of a response was passed
/// on, the body can be sent again, and the method is one of the route's idempotent ones or no byte of the
/// request has left. The budget of the upstream is asked separately.
bool may_retry(const config::Retries& settings, const RetrySituation& situation);

/// The cause that a response status is, if it is one.
std::optional<RetryCause> cause_of_status(std::uint16_t status);

}  // namespace baton
