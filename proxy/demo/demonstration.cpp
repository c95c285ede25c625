#include "proxy/demo/demonstration.h"

#include <csignal>
#include <cstring>

namespace baton::demo {

using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

constexpr milliseconds tick_interval{100};
constexpr seconds start_patience{20};
// So much that the summary of a sanitizer or the reason of a refusal is among them.
constexpr std::size_t told_log_lines = 40;
constexpr Habit probing_habit{Load::new_connection, milliseconds{20}, milliseconds{20}};

LoadSizes sizes_of(const Options& options) {
    LoadSizes sizes;
    sizes.websockets = options.websockets;
    sizes.streams = options.streams;
    return sizes;
}

}  // namespace

Demonstration::Demonstration(const Options& options, const Stage& stage)
    : options_(options),
      stage_(stage),
      screen_(options.output),
      random_(std::random_device{}()),
      probe_({stage.loop, pool_, stage.pacer, probing_, stage.proxy.address(), random_}, probing_habit, 0),
      crowd_({stage.loop, pool_, stage.pacer, statistics_, stage.proxy.address(), random_},
             sizes_of(options)),
      upgrades_(stage.loop, stage.proxy, statistics_, options.upgrades),
      url_(stage.proxy.url()) {}

int Demonstration::run() {
    stage_.children.expect(stage_.backend_pid, [this](const Ending& ending) {
        if (phase_ != Phase::over) statistics_.trouble("the backend", ending.to_string());
    });
    auto started = stage_.proxy.start(stage_.backend, [this](const Ending& e) { on_first_master_end(e); });
    if (started) {
        screen_.tell("Starting Baton in front of a backend of its own, at " + url_ + "\n\n");
        enter(Phase::starting);
        tick_.arm(tick_interval);
        stage_.loop.run();
    } else {
        statistics_.trouble("baton run",
                            std::string("could not be started: ") + std::strerror(started.error().os_error));
        tell_result();
    }
    end_everything();
    return succeeded_ ? 0 : 1;
}

void Demonstration::on_signal(int number, pid_t) noexcept {
    if (number == SIGCHLD) return stage_.children.reap();
    if (phase_ == Phase::over) return;
    if (phase_ != Phase::staying_up) {
        statistics_.trouble("this demo", "was interrupted");
        tell_result();
    }
    enter(Phase::over);
}

void Demonstration::on_tick() {
    if (phase_ == Phase::over) return;
    tick_.arm(tick_interval);
    stage_.proxy.generations().look();
    measure_rate();
    tell_story();
    advance();
    if (phase_ == Phase::opening || phase_ == Phase::loading) screen_.show(view());
}

void Demonstration::advance() {
    switch (phase_) {
        case Phase::starting: return await_first_answer();
        case Phase::opening: return await_lasting();
        case Phase::loading: return keep_loading();
        case Phase::finishing: return await_end_of_clients();
        case Phase::staying_up: return watch_last_master();
        case Phase::over: return;
    }
}

void Demonstration::enter(Phase phase) {
    phase_ = phase;
    phase_since_ = stage_.loop.now();
    switch (phase) {
        case Phase::starting: return probe_.start();
        case Phase::opening: probe_.stop(); return crowd_.open_lasting();
        case Phase::loading:
            load_began_ = rate_since_ = stage_.loop.now();
            statistics_.begin(load_began_);
            crowd_.start_requests();
            return upgrades_.begin(options_.duration);
        case Phase::finishing:
            load_lasted_ = stage_.loop.now() - load_began_;
            websockets_at_end_ = statistics_.lasting(Load::websocket).alive;
            streams_at_end_ = statistics_.lasting(Load::event_stream).alive;
            return crowd_.stop();
        case Phase::staying_up: return;
        case Phase::over: return stage_.loop.stop();
    }
}

void Demonstration::await_first_answer() {
    if (probing_.requests() > probing_.failed()) return enter(Phase::opening);
    if (stage_.loop.now() - phase_since_ < start_patience) return;
    std::string what = "gave no answer within " + std::to_string(start_patience.count()) + " s";
    if (!probing_.incidents().empty()) what += ": " + probing_.incidents().back().what;
    statistics_.trouble("baton run", what);
    tell_result();
    enter(Phase::over);
}

void Demonstration::await_lasting() {
    if (crowd_.lasting_settled()) enter(Phase::loading);
}

void Demonstration::keep_loading() {
    watch_serving_master();
    upgrades_.look();
    if (stage_.loop.now() - load_began_ >= options_.duration && upgrades_.finished()) enter(Phase::finishing);
}

void Demonstration::await_end_of_clients() {
    if (!crowd_.has_ended()) return;
    tell_story();
    tell_result();
    enter(stays_up() ? Phase::staying_up : Phase::over);
}

// Every generation but the serving one may end. The pid file is written anew in one step, so that a serving
// master seen gone twice in a row has died.
void Demonstration::watch_serving_master() {
    const bool missing = stage_.proxy.generations().serving() == nullptr;
    if (missing && missed_master_) {
        statistics_.trouble("the serving master", "has gone");
        return enter(Phase::finishing);
    }
    missed_master_ = missing;
}

// Whoever was told the process id may also stop the proxy.
void Demonstration::watch_last_master() {
    if (!masters_gone()) return;
    screen_.tell("The proxy has been stopped.\n");
    enter(Phase::over);
}

bool Demonstration::stays_up() const {
    return options_.afterwards == Afterwards::stay_up && phase_ == Phase::finishing &&
           stage_.proxy.generations().serving() != nullptr;
}

void Demonstration::on_first_master_end(const Ending& ending) {
    if (phase_ == Phase::over || phase_ == Phase::staying_up) return;
    const bool has_successor = stage_.proxy.generations().all().size() > 1;
    if (ending.well() && has_successor) return;
    statistics_.trouble("baton run", ending.to_string());
    if (phase_ != Phase::starting) return;
    tell_result();
    enter(Phase::over);
}

void Demonstration::measure_rate() {
    const Duration since = stage_.loop.now() - rate_since_;
    if (phase_ != Phase::loading || since < seconds{1}) return;
    const auto more = static_cast<double>(statistics_.requests() - rate_requests_);
    rate_ = more / std::chrono::duration<double>(since).count();
    rate_requests_ = statistics_.requests();
    rate_since_ = stage_.loop.now();
}

void Demonstration::tell_story() {
    const auto& generations = stage_.proxy.generations().all();
    if (!generations.empty()) {
        stage_.story.generation = generations.back().number;
        stage_.story.master_pid = generations.back().master;
    }
    stage_.story.requests = statistics_.requests();
    stage_.story.failed = statistics_.failed() + statistics_.dropped();
    stage_.story.upgrades = upgrades_.done();
    stage_.story.load_is_over = phase_ == Phase::finishing || phase_ == Phase::staying_up;
}

void Demonstration::tell_result() {
    View result = view();
    if (!statistics_.clean()) result.log_tail = stage_.proxy.log_tail(told_log_lines);
    succeeded_ = is_success(result);
    screen_.show_last(result);
    screen_.tell_json(result);
    const std::string verdict =
        std::to_string(result.upgrades_done) + " of " + std::to_string(result.upgrades_wanted) +
        " upgrades under load, " + grouped(statistics_.requests()) + " requests, " +
        grouped(statistics_.failed()) + " failed, " + grouped(statistics_.lasting(Load::websocket).dropped) +
        " WebSockets dropped, " + grouped(statistics_.lasting(Load::event_stream).dropped) +
        " event streams dropped\n";
    screen_.tell("\n" + verdict + render_incidents(statistics_));
    if (!result.log_tail.empty()) screen_.tell("\nthe proxy's log ends with\n" + result.log_tail);
    if (!stays_up()) return;
    screen_.tell("\nThe proxy stays up:   curl " + url_ + "\n   upgrade it again:   kill -USR2 " +
                 std::to_string(stage_.story.master_pid) + "\n      end the demo:   Ctrl-C\n");
}

std::string_view Demonstration::doing() const {
    switch (phase_) {
        case Phase::starting: return "starting";
        case Phase::opening: return "opening connections";
        case Phase::loading: return "under load";
        case Phase::finishing: return "load is over";
        case Phase::staying_up:
        case Phase::over: break;
    }
    return {};
}

View Demonstration::view() const {
    const bool loading = phase_ == Phase::loading;
    const bool before = phase_ == Phase::starting || phase_ == Phase::opening;
    const Duration elapsed = loading ? stage_.loop.now() - load_began_ : load_lasted_;
    const bool live = loading || before;
    return {.url = url_,
            .doing = doing(),
            .elapsed = elapsed,
            .duration = options_.duration,
            .requests_per_second = rate_,
            .statistics = statistics_,
            .generations = stage_.proxy.generations().all(),
            .upgrades_wanted = upgrades_.wanted(),
            .upgrades_done = upgrades_.done(),
            .upgrade_under_way = upgrades_.under_way(),
            .upgrades_took = upgrades_.took(),
            .websockets_alive = live ? statistics_.lasting(Load::websocket).alive : websockets_at_end_,
            .streams_alive = live ? statistics_.lasting(Load::event_stream).alive : streams_at_end_,
            .log_tail = {}};
}

bool Demonstration::wait_for(Duration longest, bool (Demonstration::*condition)()) {
    const TimePoint deadline = Clock::system().now() + longest;
    while (!(this->*condition)()) {
        if (Clock::system().now() >= deadline) return false;
        stage_.loop.turn(milliseconds{20});
    }
    return true;
}

// Politely, then plainly, then by force; a master that is killed leaves its workers to this process, which
// kills them too.
void Demonstration::end_everything() {
    phase_ = Phase::over;
    tick_.disarm();
    crowd_.stop();
    probe_.stop();
    stage_.proxy.signal_masters(SIGTERM);
    if (!wait_for(seconds{4}, &Demonstration::masters_gone)) {
        stage_.proxy.signal_masters(SIGINT);
        wait_for(seconds{1}, &Demonstration::masters_gone);
    }
    ::kill(stage_.backend_pid, SIGKILL);
    wait_for(milliseconds{500}, &Demonstration::children_gone);
    for (int attempt = 0; attempt < 20 && !stage_.children.none(); ++attempt) {
        stage_.children.signal_all(SIGKILL);
        wait_for(milliseconds{100}, &Demonstration::children_gone);
    }
}

}  // namespace baton::demo
