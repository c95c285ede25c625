#include "upgrade/judgement.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>
#include <utility>

namespace baton::upgrade {
namespace {

/// Standard deviations by which a good successor may seem bad.
constexpr double doubt_at_the_end = 3;
constexpr double doubt_meanwhile = 4;

/// Whether `count` of `total` is more than chance makes of `share`.
bool exceeds(std::uint64_t count, std::uint64_t total, double share, double doubt) {
    const auto n = static_cast<double>(total);
    return static_cast<double>(count) > n * share + doubt * std::sqrt(n * share * (1 - share));
}

/// The bucket that this part of all has reached.
std::size_t bucket_at(std::uint32_t percentile, const shared::LatencyCounts& latencies) {
    const auto total = std::accumulate(latencies.begin(), latencies.end(), std::uint64_t{0});
    const auto wanted = static_cast<std::uint64_t>(std::ceil(static_cast<double>(total) * percentile / 100));
    std::uint64_t seen = 0;
    for (std::size_t bucket = 0; bucket < latencies.size(); ++bucket)
        if ((seen += latencies[bucket]) >= wanted) return bucket;
    return latencies.size() - 1;
}

std::string percent(double share) {
    char text[32];
    std::snprintf(text, sizeof text, "%.2f %%", share * 100);
    return text;
}

std::string milliseconds(Duration duration) {
    char text[32];
    std::snprintf(text, sizeof text, "%.1f ms", std::chrono::duration<double, std::milli>(duration).count());
    return text;
}

double rate(const Performance& performance) {
    return static_cast<double>(performance.errors) /
           static_cast<double>(std::max<std::uint64_t>(performance.requests, 1));
}

}  // namespace

Performance Performance::of(const shared::LineageMemory& memory, const shared::GenerationSlot& generation) {
    Performance performance;
    const auto total = [&](shared::Counter counter) { return memory.total(counter, generation); };
    const auto failed =
        total(shared::Counter::tls_handshake_failures) + total(shared::Counter::connections_rejected);
    performance.requests = total(shared::Counter::requests) + failed;
    performance.errors = total(shared::Counter::responses_5xx) + failed;
    performance.latencies = memory.latencies(generation);
    return performance;
}

Performance Performance::since(const Performance& earlier) const {
    Performance span;
    span.requests = requests - earlier.requests;
    span.errors = errors - earlier.errors;
    for (std::size_t i = 0; i < latencies.size(); ++i)
        span.latencies[i] = latencies[i] - earlier.latencies[i];
    return span;
}

Duration Performance::p99() const {
    return requests == 0 ? Duration{0} : shared::latency_bound(bucket_at(99, latencies));
}

TrialRules TrialRules::with_earlier_work() const {
    TrialRules rules = *this;
    rules.percentile = 50;
    rules.least_growth = std::chrono::milliseconds{50};
    return rules;
}

void RecentPerformance::note(TimePoint now, const Performance& until_now) {
    earlier_ = std::exchange(later_, until_now);
    next_ = now + span;
}

Judgement judge(const Performance& predecessor, const Performance& successor, const TrialRules& rules,
                bool patient) {
    if (successor.requests < rules.min_requests || predecessor.requests < rules.min_requests) return {};
    const double doubt = patient ? doubt_meanwhile : doubt_at_the_end;
    const double allowed = std::min(rate(predecessor) + rules.max_error_rate, 1.0);
    if (exceeds(successor.errors, successor.requests, allowed, doubt))
        return {Judgement::Opinion::bad, "error rate " + percent(rate(successor)) + " of " +
                                             std::to_string(successor.requests) +
                                             " requests, the predecessor's is " + percent(rate(predecessor))};
    const Duration usual = shared::latency_bound(bucket_at(rules.percentile, predecessor.latencies));
    const auto allowed_growth =
        Duration{static_cast<std::int64_t>(static_cast<double>(usual.count()) * rules.max_latency_growth)};
    const Duration bound = usual + std::max(allowed_growth, rules.least_growth);
    const std::size_t longest = shared::latency_bucket(bound);
    const auto total =
        std::accumulate(successor.latencies.begin(), successor.latencies.end(), std::uint64_t{0});
    const auto slower =
        std::accumulate(successor.latencies.begin() + static_cast<std::ptrdiff_t>(longest) + 1,
                        successor.latencies.end(), std::uint64_t{0});
    if (exceeds(slower, total, 1 - rules.percentile / 100.0, doubt))
        return {Judgement::Opinion::bad,
                "p" + std::to_string(rules.percentile) + " " +
                    milliseconds(shared::latency_bound(bucket_at(rules.percentile, successor.latencies))) +
                    ", the predecessor's is " + milliseconds(usual)};
    return {Judgement::Opinion::good, {}};
}

}  // namespace baton::upgrade
