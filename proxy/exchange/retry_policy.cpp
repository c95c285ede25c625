#include "proxy/exchange/retry_policy.h"

#include <algorithm>

namespace baton {

bool may_retry(const config::Retries& settings, const RetrySituation& situation) {
    if (situation.tries > settings.attempts || !situation.body_kept) return false;
    if (std::find(settings.when.begin(), settings.when.end(), situation.cause) == settings.when.end())
        return false;
    // A reset says nothing about whether the request was acted on, unless the endpoint closed an idle
    // connection.
    if (situation.cause == RetryCause::reset && (!situation.reused || situation.anything_received))
        return false;
    if (!situation.anything_sent) return true;
    return std::find(settings.methods.begin(), settings.methods.end(), situation.method) !=
           settings.methods.end();
}

std::optional<RetryCause> cause_of_status(std::uint16_t status) {
    if (status == 502) return RetryCause::status_502;
    if (status == 503) return RetryCause::status_503;
    if (status == 504) return RetryCause::status_504;
    return std::nullopt;
}

}  // namespace baton
