/// The demo's own machine: starts the proxy, sets the load on it, replaces it, tells what came of it, cleans
/// up.
#pragma once

#include "proxy/demo/client_crowd.h"
#include "proxy/demo/demo.h"
#include "proxy/demo/proxy_under_load.h"
#include "proxy/demo/request_client.h"
#include "proxy/demo/screen.h"
#include "proxy/demo/story.h"
#include "proxy/demo/upgrade_series.h"
#include "server/process/signals.h"

#include <memory>
#include <optional>
#include <string>

namespace baton::demo {

/// What the demonstration is made from; everything outlives it.
struct Stage {
    EventLoop& loop;
    Pacer& pacer;
    Children& children;
    ProxyUnderLoad& proxy;
    Story& story;
    Address backend;
    pid_t backend_pid;
};

class Demonstration final : private SignalHandler {
public:
    Demonstration(const Options& options, const Stage& stage);

    /// Runs from the start of the proxy to its end; returns the exit status of the command.
    int run();
    void on_signal(int number, pid_t sender) noexcept override;

private:
    // starting → opening → loading → finishing → staying_up → over
    //     └→ over   any → over (Ctrl-C)              └→ over (--exit)
    enum class Phase : std::uint8_t { starting, opening, loading, finishing, staying_up, over };

    void on_tick();
    void advance();
    void await_first_answer();
    void await_lasting();
    void keep_loading();
    void await_end_of_clients();
    void enter(Phase phase);
    void tell_result();
    void on_first_master_end(const Ending& ending);
    void watch_serving_master();
    void watch_last_master();
    bool stays_up() const;
    std::string_view doing() const;
    void measure_rate();
    void tell_story();
    View view() const;
    void end_everything();
    bool wait_for(Duration longest, bool (Demonstration::*condition)());
    bool masters_gone() { return stage_.proxy.all_gone(); }
    bool children_gone() { return stage_.children.none(); }

    Options options_;
    Stage stage_;
    Screen screen_;
    BlockPool pool_;
    std::minstd_rand random_;
    Statistics statistics_;
    Statistics probing_;  // requests before the proxy listens count for nothing
    RequestClient probe_;
    ClientCrowd crowd_;
    UpgradeSeries upgrades_;
    Timer tick_ = Timer::calling<&Demonstration::on_tick>(stage_.loop.timers(), *this);
    Phase phase_ = Phase::starting;
    TimePoint phase_since_{};
    TimePoint load_began_{};
    Duration load_lasted_{0};
    bool succeeded_ = false;
    bool missed_master_ = false;
    std::uint64_t websockets_at_end_ = 0;
    std::uint64_t streams_at_end_ = 0;
    TimePoint rate_since_{};
    std::uint64_t rate_requests_ = 0;
    double rate_ = 0;
    std::string url_;
};

}  // namespace baton::demo
