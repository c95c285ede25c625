/// Keeps retries from multiplying the load of an upstream that is in trouble.
#pragma once

#include <algorithm>
#include <cstdint>

namespace baton::upstream {

/// Counts the retries under way to one upstream in one worker: at most a share of its active requests, but
/// always three.
class RetryBudget {
public:
    static constexpr std::uint32_t minimum = 3;

    /// Takes a place for one retry, or says false: then the failure is the answer. `share` is 0..1 of
    /// `active_requests`
    /// (`EndpointSet::active`). Each success wants one `end` when the retry is over.
    bool begin(double share, std::uint32_t active_requests) {
        const auto allowed = std::max(minimum, static_cast<std::uint32_t>(share * active_requests));
        if (retrying_ >= allowed) return false;
        ++retrying_;
        return true;
    }
    void end() { --retrying_; }
    std::uint32_t retrying() const { return retrying_; }

private:
    std::uint32_t retrying_ = 0;
};

}  // namespace baton::upstream
