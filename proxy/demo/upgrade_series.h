/// The upgrades of one demo: evenly spread over the load, one after another, each verified by the pid file.
#pragma once

#include "proxy/demo/proxy_under_load.h"
#include "proxy/demo/statistics.h"
#include "server/event/event_loop.h"

#include <cstdint>
#include <string>
#include <vector>

namespace baton::demo {

class UpgradeSeries {
public:
    UpgradeSeries(EventLoop& loop, ProxyUnderLoad& proxy, Statistics& statistics, std::uint32_t wanted);

    /// The load lasts from now for `duration`; upgrade k of n comes at k/(n+1) of it.
    void begin(Duration duration);
    /// Starts what is due and checks what has ended. To be called several times a second.
    void look();

    std::uint32_t wanted() const { return wanted_; }
    std::uint32_t done() const { return static_cast<std::uint32_t>(took_.size()); }
    bool under_way() const { return phase_ == Phase::commanded || phase_ == Phase::verifying; }
    /// Every one has been tried, or one has failed: there is no sense in going on after that.
    bool finished() const { return phase_ == Phase::finished; }
    /// How long each of those that are done took, from the command to the new pid file.
    const std::vector<Duration>& took() const { return took_; }

private:
    // waiting → commanded → verifying → waiting … → finished
    enum class Phase : std::uint8_t { waiting, commanded, verifying, finished };

    void command();
    void on_verdict(const Ending& ending, const std::string& output);
    void verify();
    void fail(const std::string& what);

    EventLoop& loop_;
    ProxyUnderLoad& proxy_;
    Statistics& statistics_;
    std::uint32_t wanted_;
    Phase phase_ = Phase::finished;
    TimePoint began_{};
    Duration duration_{0};
    TimePoint commanded_at_{};
    TimePoint verdict_at_{};
    pid_t predecessor_ = 0;
    std::vector<Duration> took_;
};

}  // namespace baton::demo
