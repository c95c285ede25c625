#include "upgrade/master.h"

#include "config/load_config.h"
#include "server/assert.h"
#include "server/log/log.h"
#include "server/tls/ticket_rotation.h"
#include "upgrade/drain.h"
#include "upgrade/fault_point.h"
#include "upgrade/lineage_janitor.h"
#include "upgrade/lineage_status.h"

#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>

namespace baton::upgrade {
namespace {

constexpr Duration tick_interval = std::chrono::seconds{1};
/// For the last answer of the admin socket to leave, after everything else has ended.
constexpr Duration linger_time = std::chrono::milliseconds{50};

}  // namespace

Master::Master(EventLoop& loop, ChildReaper& reaper, MasterStart start)
    : loop_(loop),
      reaper_(reaper),
      start_(std::move(start)),
      machine_(loop, static_cast<UpgradeHandler&>(*this)),
      reports_(loop, start_.service_manager, start_.watchdog_interval, subject_of_reports()),
      watch_({loop, reaper, static_cast<admin::Orders&>(*this), [this] { return !busy(); },
              start_.options.config_file, start_.inheritance.previous.get()}),
      elders_(
          loop, [this] { end_when_empty(); },
          [this](const HandOver& message, std::vector<Fd> links) { take_over(message, std::move(links)); },
          [this](ControlChannel& line, const ControlMessage& word, std::vector<Fd> links) {
              on_word_of_elder(line, word, std::move(links));
          }),
      owed_until_(Timer::calling<&Master::pay>(loop.timers(), *this)),
      tick_(Timer::calling<&Master::on_tick>(loop.timers(), *this)),
      linger_(Timer::calling<&Master::on_linger_over>(loop.timers(), *this)),
      give_up_(Timer::calling<&Master::on_patience_over>(loop.timers(), *this)) {}

Master::~Master() = default;

int Master::run() {
    auto signals = SignalSource::create(
        loop_, {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGWINCH, SIGCHLD}, *this);
    if (!signals) return EX_OSERR;
    signals_ = std::move(*signals);
    begin();
    if (phase_ != Phase::over) loop_.run();
    return exit_code_;
}

void Master::enter(Phase phase) {
    const Phase from = std::exchange(phase_, phase);
    switch (phase) {
        case Phase::starting: ASSERT(false); return;
        case Phase::awaiting_commit:
            ASSERT(from == Phase::starting);
            reach(FaultPoint::workers_ready);
            predecessor_->report_ready(current_->number(), current_->worker_count());
            return;
        case Phase::serving:
            ASSERT(from == Phase::starting || from == Phase::awaiting_commit);
            look_after_ticket_keys();
            keep_certificates();
            watch_files();
            current_->serve(share_);
            tick_.arm(tick_interval);
            log::notice("generation.switched").with("generation", current_->number());
            return adopt_orphans();
        case Phase::retiring:
            ASSERT(from == Phase::serving);
            tick_.disarm();
            certificates_.reset();
            watch_.stop();
            adoption_.reset();
            reports_.end();
            admin_->close();
            elders_.let_go();
            drain_all(drain_for_successor(drain_of_upgrade(), loop_.now()));
            return end_when_empty();
        case Phase::stopping:
            ASSERT(from == Phase::serving);
            forget_trial();
            certificates_.reset();
            watch_.stop();
            lineage_socket_.remove();
            adoption_.reset();
            return;
        case Phase::over: loop_.stop(); return;
    }
}

void Master::fail(int exit_code, const std::string& reason) {
    if (phase_ == Phase::over) return;
    std::fprintf(stderr, "baton: %s\n", reason.c_str());
    if (predecessor_) predecessor_->report_failed(exit_code, reason);
    exit_code_ = exit_code;
    if (current_) bury(std::move(current_));
    enter(Phase::over);
}

void Master::end_when_empty() {
    if (phase_ != Phase::retiring && phase_ != Phase::stopping) return;
    if (current_ || !going_.empty()) return;
    // Whoever asked the serving master to stop means the whole lineage.
    if (phase_ == Phase::stopping && !elders_.empty()) return;
    if (phase_ == Phase::retiring && admin_ && admin_->peer_count() > 0 && !linger_.armed()) {
        linger_.arm(linger_time);
        return;
    }
    if (!linger_.armed()) enter(Phase::over);
}

void Master::on_linger_over() {
    enter(Phase::over);
}

void Master::on_patience_over() {
    log::warn("master.older_master_does_not_end");
    enter(Phase::over);
}

void Master::drain_all(const DrainOrder& order) {
    if (current_) going_.push_back(std::move(current_));
    // One that is empty already goes at once and leaves the list.
    std::vector<Generation*> all;
    for (auto& generation : going_) all.push_back(generation.get());
    for (Generation* const generation : all) generation->drain(order);
}

void Master::bury(std::unique_ptr<Generation> generation) {
    generation->set_handler(*this);
    going_.push_back(std::move(generation));
    going_.back()->kill();
}

void Master::on_generation_ready(Generation&) {
    if (phase_ != Phase::starting) return;
    if (predecessor_) return enter(Phase::awaiting_commit);
    enter(Phase::serving);
    reports_.begin_as_first();
}

void Master::on_generation_failed(Generation& generation, const std::string& reason) {
    if (current_.get() == &generation && (phase_ == Phase::starting || phase_ == Phase::awaiting_commit))
        fail(EX_SOFTWARE, reason);
}

void Master::on_generation_lost_worker(Generation& generation) {
    // Its links have died with it.
    if (current_.get() == &generation) invited_for_ = 0;
}

void Master::on_generation_not_accepting(Generation& generation) {
    if (owed_ && owed_->replaced == generation.number()) pay();
}

void Master::on_generation_gone(Generation& generation) {
    const auto found = std::ranges::find(going_, &generation, &std::unique_ptr<Generation>::get);
    if (found != going_.end()) {
        loop_.destroy_later(std::move(*found));
        going_.erase(found);
    }
    end_when_empty();
}

void Master::on_message(ControlChannel&, const ControlMessage& message, std::vector<Fd>& descriptors) {
    // The rest of the links over which this generation returns what it has.
    if (const auto* const more = std::get_if<Return>(&message)) {
        for (auto& generation : going_) generation->hand_over(std::move(descriptors), more->first);
        return;
    }
    obey(message);
}

/// What a younger master orders.
void Master::obey(const ControlMessage& message) {
    if (std::holds_alternative<Reopen>(message)) return reopen_logs();
    if (const auto* const invite = std::get_if<Invite>(&message)) return accept_invitation(*invite);
    const auto* const stop = std::get_if<Stop>(&message);
    if (stop == nullptr) return;
    const DrainOrder order = order_of(*stop);
    std::vector<Generation*> meant;
    for (auto& generation : going_) {
        if (stop->generation == 0 || generation->number() == stop->generation)
            meant.push_back(generation.get());
    }
    for (Generation* const generation : meant) generation->drain(order);
}

void Master::on_tick() {
    free_slots_of_the_dead(*memory_);
    look_after_ticket_keys();
    if (!stands_by_) look_after_orphans();
    // Not at once: most of them are gone by now.
    is_on_trial();
    if (machine_.is_idle()) {
        invite_older_generations();
        note_performance();
    }
    tick_.arm(tick_interval);
}

/// Asked only while this master serves or stops.
ServiceReports::Subject Master::subject_of_reports() {
    return {[this] { return status_line(*memory_); }, [this] { return !is_on_trial(); },
            [this] { return current_->last_turn(); },
            [this]() -> const ListenerSet& { return current_->listeners(); }};
}

/// The keys of a lineage change only here, in its one serving master; a successor goes on with those it
/// finds.
void Master::look_after_ticket_keys() {
    // It stops, and who is left lives on the keys there are; or its successor, on trial, looks after them.
    if (!current_ || stands_by_) return;
    const auto rules = tls::ticket_rules(config().tls.session_tickets, current_->material().get());
    const auto now =
        std::chrono::duration_cast<std::chrono::seconds>(loop_.wall().time_since_epoch()).count();
    const auto version = memory_->ticket_keys().version();
    if (!tls::look_after_ticket_keys(memory_->ticket_keys(), rules, now)) {
        log::error("tls.no_ticket_key");
    } else if (memory_->ticket_keys().version() != version) {
        log::info("tls.ticket_keys_changed").with("version", memory_->ticket_keys().version());
    }
}

void Master::keep_certificates() {
    certificates_.reset();
    if (!current_->material()) return;
    certificates_ = std::make_unique<tls::CertificateKeeper>(
        loop_, config_, current_->material(), [this](std::shared_ptr<const tls::CertificateStore> changed) {
            if (current_) current_->use_certificates(std::move(changed));
        });
}

void Master::watch_files() {
    watch_.serve(config_, configured_binary());
}

void Master::on_signal(int number, pid_t sender) noexcept {
    if (number == SIGCHLD) return reaper_.reap();
    log::info("master.signal").with("signal", signal_name(number)).with("from", sender);
    if (obey_by_hand(number)) return;
    const auto nobody_waits = [](const admin::Verdict&) {};
    const auto nobody_watches = [](const std::string&, const std::string&) {};
    switch (number) {
        case SIGHUP: return reload(nobody_waits, nobody_watches);
        case SIGUSR2: return upgrade({}, nobody_waits, nobody_watches);
        case SIGUSR1: return reopen_logs();
        case SIGWINCH: return stop_accepting();
        case SIGQUIT: return stop(admin::StopMode::graceful, nobody_waits);
        case SIGTERM: return stop(admin::StopMode::bounded, nobody_waits);
        case SIGINT: return stop(admin::StopMode::now, nobody_waits);
        default: return;
    }
}

}  // namespace baton::upgrade
