#include "proxy/demo/upgrade_series.h"

#include <cstring>

namespace baton::demo {

namespace {
// The command may return a moment before the file is in its place.
constexpr std::chrono::seconds pid_file_patience{2};
}  // namespace

UpgradeSeries::UpgradeSeries(EventLoop& loop, ProxyUnderLoad& proxy, Statistics& statistics,
                             std::uint32_t wanted)
    : loop_(loop), proxy_(proxy), statistics_(statistics), wanted_(wanted) {}

void UpgradeSeries::begin(Duration duration) {
    began_ = loop_.now();
    duration_ = duration;
    phase_ = wanted_ == 0 ? Phase::finished : Phase::waiting;
}

void UpgradeSeries::look() {
    switch (phase_) {
        case Phase::waiting: {
            const TimePoint due = began_ + duration_ * (done() + 1) / (wanted_ + 1);
            if (loop_.now() >= due) command();
            return;
        }
        case Phase::verifying: return verify();
        case Phase::commanded:
        case Phase::finished: return;
    }
}

void UpgradeSeries::command() {
    proxy_.generations().look();
    const Generation* serving = proxy_.generations().serving();
    if (!serving) return fail("there is no master to upgrade");
    predecessor_ = serving->master;
    commanded_at_ = Clock::system().now();
    phase_ = Phase::commanded;
    statistics_.set_stage("upgrade " + std::to_string(done() + 1) + " was under way");
    auto started =
        proxy_.upgrade([this](const Ending& e, const std::string& output) { on_verdict(e, output); });
    if (started) return;
    fail(std::string("`baton upgrade` could not be started: ") + std::strerror(started.error().os_error));
}

void UpgradeSeries::on_verdict(const Ending& ending, const std::string& output) {
    if (phase_ != Phase::commanded) return;
    if (!ending.well()) return fail("`baton upgrade` " + ending.to_string() + "\n" + output);
    verdict_at_ = Clock::system().now();
    phase_ = Phase::verifying;
    verify();
}

void UpgradeSeries::verify() {
    proxy_.generations().look();
    const Generation* serving = proxy_.generations().serving();
    const TimePoint now = Clock::system().now();
    if (serving && serving->master != predecessor_) {
        took_.push_back(now - commanded_at_);
        statistics_.set_stage("after upgrade " + std::to_string(done()));
        phase_ = done() == wanted_ ? Phase::finished : Phase::waiting;
    } else if (now - verdict_at_ > pid_file_patience) {
        fail("`baton upgrade` said yes, but the pid file still names the predecessor");
    }
}

void UpgradeSeries::fail(const std::string& what) {
    statistics_.trouble("upgrade " + std::to_string(done() + 1), what);
    phase_ = Phase::finished;
}

}  // namespace baton::demo
