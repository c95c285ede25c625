/// What a running master does when it is told to: reload, upgrade, stop, reopen, and what follows from a
/// switch.
#include "server/log/log.h"
#include "server/process/log_files.h"
#include "upgrade/drain.h"
#include "upgrade/lineage_janitor.h"
#include "upgrade/lineage_status.h"
#include "upgrade/master.h"
#include "upgrade/replacement_lines.h"
#include "upgrade/successor_generation.h"
#include "upgrade/successor_process.h"

#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

namespace baton::upgrade {
namespace {

/// A worker that hangs does not keep a verdict back.
constexpr Duration longest_debt = std::chrono::seconds{2};
/// An older master kills its last worker four seconds after the end of the order at the latest.
constexpr Duration patience_with_elders = std::chrono::seconds{6};

}  // namespace

std::optional<std::string> Master::busy() {
    switch (phase_) {
        case Phase::serving: break;
        case Phase::starting:
        case Phase::awaiting_commit: return "this instance is still starting";
        case Phase::retiring: return "this generation drains; the serving master answers at the same socket";
        case Phase::stopping:
        case Phase::over: return "this instance stops";
    }
    if (is_on_trial())
        return "this generation is on probation: `baton upgrade --commit` keeps it, `baton rollback` takes "
               "it "
               "back";
    if (reaction(machine_.phase(), Event::order) == Reaction::start) return std::nullopt;
    return "a replacement is in progress (" + std::string(to_string(machine_.phase())) + ")";
}

void Master::reload(admin::Reply reply, admin::Progress progress) {
    if (const auto why = busy()) {
        log::warn("reload.refused").with("reason", *why);
        return reply(refusal("reload", EX_TEMPFAIL, *why));
    }
    reports_.reloading();
    ReloadPlan plan{start_.options.config_file, current_->listeners().copies(),
                    [this](std::unique_ptr<Generation> generation) { bury(std::move(generation)); },
                    start_.options.parcel_kinds};
    auto successor = std::make_unique<SuccessorGeneration>(ground(), std::move(plan), machine_.observer());
    begin_replacement("reload", std::move(successor), false, std::move(reply), std::move(progress));
}

void Master::upgrade(const admin::UpgradeOrder& order, admin::Reply reply, admin::Progress progress) {
    if (order.commit) return decide(Decide::Decision::keep, "upgrade --commit", std::move(reply));
    if (const auto why = busy()) {
        log::warn("upgrade.refused").with("reason", *why);
        return reply(refusal("upgrade", EX_TEMPFAIL, *why));
    }
    terms_ = {!order.no_rollback, order.drain_timeout};
    const std::string binary = std::filesystem::absolute(order.binary.value_or(configured_binary()));
    begin_replacement("upgrade", make_process_successor(binary, std::nullopt), order.check_only,
                      std::move(reply), std::move(progress), &order.canary);
}

void Master::rollback(admin::Reply reply, admin::Progress progress) {
    if (is_on_trial()) return decide(Decide::Decision::give_back, "rollback", std::move(reply));
    const auto refuse = [&](int exit_code, const std::string& why) {
        log::warn("rollback.refused").with("reason", why);
        reply(refusal("rollback", exit_code, why));
    };
    if (const auto why = busy()) return refuse(EX_TEMPFAIL, *why);
    if (!start_.inheritance.previous)
        return refuse(1, "no upgrade has been made, so there is no program to go back to");
    auto program = Program::from(start_.inheritance.previous.duplicate());
    if (!program) return refuse(1, program.error());
    terms_ = {};
    const std::string path = program->path();
    begin_replacement("rollback", make_process_successor(path, std::move(*program)), false, std::move(reply),
                      std::move(progress));
}

std::string Master::configured_binary() const {
    return config().upgrade.binary.empty() ? start_.options.executable : config().upgrade.binary;
}

std::unique_ptr<Successor> Master::make_process_successor(const std::string& binary,
                                                          std::optional<Program> program) {
    SuccessorPlan plan;
    plan.binary = binary;
    plan.program = std::move(program);
    plan.preflight_arguments = {start_.options.arguments.front(), "check", "-q", "-c",
                                start_.options.config_file};
    plan.descriptors = current_->listeners().to_pass();
    plan.descriptors.push_back({std::string(memory_name), memory_->descriptor()});
    if (!own_program_) {
        if (auto own = Program::of_this_process())
            own_program_ = std::move(*own);
        else
            log::warn("upgrade.no_way_back").with("error", own.error());
    }
    if (own_program_) plan.descriptors.push_back({std::string(previous_name), own_program_->descriptor()});
    if (lineage_socket_.descriptor() >= 0)
        plan.descriptors.push_back({std::string(lineage_name), lineage_socket_.descriptor()});
    plan.hello = hello_;
    plan.hello.generation = current_->number();
    plan.hello.binary = binary;
    plan.elders = [this] { return elders_.copies(); };
    plan.on_order = [this](const ControlMessage& message) { on_order_of_successor(message); };
    return std::make_unique<SuccessorProcess>(loop_, reaper_, start_.first_start, std::move(plan),
                                              machine_.observer());
}

void Master::begin_replacement(const std::string& what, std::unique_ptr<Successor> successor,
                               bool preflight_only, admin::Reply reply, admin::Progress progress,
                               const admin::CanaryOrder* canary) {
    const Replacement replacement{what, current_->number()};
    log::notice(what + ".started").with("generation", current_->number());
    Upgrade::Request request;
    request.successor = std::move(successor);
    request.ready_timeout = config().upgrade.ready_timeout;
    request.preflight_only = preflight_only;
    if (canary) put_on_trial(request, *canary);
    request.progress = [replacement, progress = std::move(progress)](const Outcome::Step& step) {
        const auto line = describe(replacement, step);
        progress(line.text, line.json);
    };
    request.done = [this, replacement, reply = std::move(reply)](const Outcome& outcome) {
        note_outcome(replacement, outcome);
        if (outcome.kind == Outcome::Kind::rolled_back) {
            log::error(replacement.what + ".failed")
                .with("phase", to_string(outcome.failed_in))
                .with("reason", outcome.reason)
                .with("successor", outcome.successor);
        } else {
            log::notice(replacement.what + ".done").with("successor", outcome.successor);
        }
        if (replacement.what == "reload") reports_.ready();
        auto verdict = describe(replacement, outcome);
        if (outcome.kind != Outcome::Kind::switched) return reply(verdict);
        owe({replacement.from_generation, reply, std::move(verdict)});
    };
    machine_.start(std::move(request));
}

void Master::owe(OwedVerdict owed) {
    pay();
    owed_ = std::move(owed);
    const auto replaced =
        std::ranges::find(going_, owed_->replaced, [](const auto& g) { return g->number(); });
    if (replaced == going_.end() || (*replaced)->has_stopped_accepting()) return pay();
    owed_until_.arm(longest_debt);
}

void Master::pay() {
    owed_until_.disarm();
    const auto owed = std::exchange(owed_, std::nullopt);
    if (owed) owed->reply(owed->verdict);
}

void Master::on_switched(std::unique_ptr<Successor> successor) {
    comparison_.reset();
    old_pid_file_ = PidFile{};
    if (!std::exchange(stands_by_, false)) join_workers(*successor);
    if (auto* const workers = dynamic_cast<SuccessorGeneration*>(successor.get())) {
        adopt_generation(workers->take_generation());
    } else if (auto* const process = dynamic_cast<SuccessorProcess*>(successor.get())) {
        reports_.hand_over_to(process->pid());
        successor_line_ = process->take_channel();
        if (successor_line_) successor_line_->set_handler(*this);
        enter(Phase::retiring);
    }
    loop_.destroy_later(std::move(successor));
}

void Master::on_rolled_back(Successor& successor, upgrade::Phase phase) {
    // Only a successor that was told to accept has touched anything of ours.
    if (phase != upgrade::Phase::switching || successor.pid() == ::getpid()) return;
    mark_closing(*memory_, successor.pid());
    retake_paths();
}

void Master::retake_paths() {
    if (!pid_file_.is_in_place()) {
        if (auto written = PidFile::write(config().process.pid_file, PidFile::From::predecessor))
            pid_file_ = std::move(*written);
    }
    if (auto server = admin::ControlServer::create(loop_, admin_path(), *this)) {
        former_admins_.push_back(std::move(admin_));
        admin_ = std::move(*server);
        former_admins_.back()->close();
    }
}

void Master::adopt_generation(std::unique_ptr<Generation> generation) {
    going_.push_back(std::move(current_));
    Generation& predecessor = *going_.back();
    current_ = std::move(generation);
    current_->set_handler(*this);
    config_ = current_->config();
    recent_ = {};
    open_log(current_->number());
    log::notice("generation.switched").with("generation", current_->number());
    look_after_ticket_keys();
    keep_certificates();
    watch_files();
    follow_paths_of_configuration();
    reports_.listeners_changed();
    predecessor.drain(drain_for_successor(config().drain, loop_.now()));
    limit_generations();
}

void Master::follow_paths_of_configuration() {
    const auto& path = config().process.pid_file;
    if (path != pid_file_.path()) {
        if (auto written = PidFile::write(path, PidFile::From::nobody)) {
            pid_file_ = std::move(*written);  // removes the other one
            if (auto moved = lineage_socket_.move_to(LineageSocket::path_beside(path)); !moved)
                log::error("lineage.socket_not_moved").with("path", path).with("error", moved.error());
        } else {
            log::error("master.pid_file_not_moved").with("path", path).with("error", written.error());
        }
    }
    if (admin_path() == admin_->path()) return;
    if (auto server = admin::ControlServer::create(loop_, admin_path(), *this)) {
        admin_->close();
        former_admins_.push_back(std::move(admin_));
        admin_ = std::move(*server);
    } else {
        log::error("master.admin_socket_not_moved").with("path", admin_path()).with("error", server.error());
    }
}

void Master::limit_generations() {
    std::vector<std::uint32_t> older;
    for (const auto& slot : memory_->generations()) {
        const auto state = slot.state.load(std::memory_order_acquire);
        // The predecessor may have answered to the switch already.
        const bool lives = state == shared::GenerationState::serving ||
                           state == shared::GenerationState::standing_by ||
                           state == shared::GenerationState::draining;
        if (lives && slot.number.load() < current_->number()) older.push_back(slot.number.load());
    }
    std::ranges::sort(older);
    for (std::size_t excess = 0; older.size() - excess > config().drain.max_generations; ++excess)
        close_early(older[excess]);
}

void Master::close_early(std::uint32_t number) {
    const DrainOrder order = drain_early(config().drain, loop_.now());
    log::notice("generation.closed_early").with("generation", number);
    const auto own =
        std::ranges::find(going_, number, [](const auto& generation) { return generation->number(); });
    if (own != going_.end()) {
        (*own)->drain(order);
    } else {
        elders_.tell(stop_of(number, order));
    }
}

void Master::finish_generation(std::uint32_t number, admin::Reply reply) {
    if (phase_ != Phase::serving)
        return reply(refusal("finish", EX_TEMPFAIL, "this instance does not serve"));
    const auto* const slot = memory_->generation(number);
    if (slot == nullptr || slot->state.load() != shared::GenerationState::draining)
        return reply(refusal("finish", 1, "generation " + std::to_string(number) + " does not drain"));
    close_early(number);
    reply({0, "generation " + std::to_string(number) + " is being closed", R"({"event":"finish.accepted"})"});
}

/// With what was ordered for this one upgrade.
config::Drain Master::drain_of_upgrade() const {
    config::Drain drain = config().drain;
    if (const auto timeout = terms_.drain_timeout)
        drain.timeout = std::chrono::duration_cast<config::Duration>(*timeout);
    return drain;
}

void Master::stop(admin::StopMode mode, admin::Reply reply) {
    if (mode == admin::StopMode::bounded && stop_mode_ == admin::StopMode::bounded)
        mode = admin::StopMode::now;
    stop_mode_ = mode;
    reply({0, mode == admin::StopMode::now ? "stopping now" : "stopping", R"({"event":"stop.accepted"})"});
    if (phase_ == Phase::starting || phase_ == Phase::awaiting_commit) {
        fail(0, "told to stop before it served");
        return;
    }
    stop_by(drain_to_stop(mode, config().drain, loop_.now()));
}

/// The whole lineage.
void Master::stop_by(const DrainOrder& order) {
    machine_.cancel(EX_TEMPFAIL, "the instance was told to stop");
    if (phase_ == Phase::serving) {
        enter(Phase::stopping);
        current_->listeners().close_for_good();
    }
    log::notice("master.stopping").with("deadline", order.deadline + order.close_spread - loop_.now());
    elders_.tell(stop_of(0, order));
    drain_all(order);
    const TimePoint end = order.deadline + order.close_spread + patience_with_elders;
    if (!give_up_.armed() || end < give_up_.due()) give_up_.arm_at(end);
    reports_.stop_until(give_up_.due());
    end_when_empty();
}

void Master::reopen_logs() {
    if (privileges_) {
        if (auto prepared = prepare_log_files(config().logging, *privileges_); !prepared)
            log::error("log.not_prepared").with("error", prepared.error());
    }
    log::reopen();
    if (current_) current_->reopen_logs();
    for (auto& generation : going_) generation->reopen_logs();
    elders_.tell(Reopen{});
}

void Master::stop_accepting() {
    if (phase_ == Phase::serving) current_->stop_accepting();
}

/// Of the replacement that is under way, whichever master runs it.
std::string_view Master::phase_of_lineage() {
    const auto trial = machine_.is_idle() ? living_trial(*memory_) : std::nullopt;
    return trial ? to_string(trial->phase) : to_string(machine_.phase());
}

admin::Verdict Master::status() {
    if (!memory_) return refusal("status", EX_TEMPFAIL, "this instance is still starting");
    StatusContext context{start_.options.config_file, std::string(phase_of_lineage()), loop_.now(),
                          loop_.wall()};
    if (certificates_)
        context.certificates = certificates_->status(
            std::chrono::duration_cast<std::chrono::seconds>(loop_.wall().time_since_epoch()).count());
    return render_status(*memory_, context);
}

}  // namespace baton::upgrade
