/// The master's brain: brings the first generation up, follows orders and signals, and leaves when it is no
/// longer needed.
#pragma once

#include "server/admin/control_server.h"
#include "server/process/pid_file.h"
#include "server/process/signals.h"
#include "server/tls/certificate_keeper.h"
#include "upgrade/adoption.h"
#include "upgrade/elders.h"
#include "upgrade/first_start.h"
#include "upgrade/foundling.h"
#include "upgrade/generation.h"
#include "upgrade/lineage_socket.h"
#include "upgrade/links.h"
#include "upgrade/predecessor.h"
#include "upgrade/run_master.h"
#include "upgrade/service_reports.h"
#include "upgrade/spawn.h"
#include "upgrade/upgrade.h"
#include "upgrade/verdict.h"
#include "upgrade/watch_mode.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace baton::upgrade {

/// What the process brought along.
struct MasterStart {
    RunOptions options;
    ServiceFactory factory = nullptr;
    FirstStart first_start;
    Inheritance inheritance;
    ServiceManager service_manager;
    std::optional<Duration> watchdog_interval;
};

///                       first master: ready
///     starting ─────────────────────────────────────────► serving ──TERM, QUIT, INT──► stopping
///        │ │                                               ▲   │                          │
///        │ └─successor: ready──► awaiting_commit ──COMMIT──┘   │ a successor accepts      │
///        │                            │                        ▼                          │
///        │                            │                     retiring                      │
///        └──── failed, stopped ───────┴──────► over ◄──────────┴── all workers gone ──────┘
class Master final : public admin::Orders,
                     private SignalHandler,
                     private UpgradeHandler,
                     private GenerationHandler,
                     private PredecessorHandler,
                     private AdoptionHandler,
                     private FoundlingHandler,
                     private ControlChannelHandler {
public:
    Master(EventLoop& loop, ChildReaper& reaper, MasterStart start);
    ~Master() override;
    /// Lives until over; returns the exit code.
    int run();

    void reload(admin::Reply reply, admin::Progress progress) override;
    void upgrade(const admin::UpgradeOrder& order, admin::Reply reply, admin::Progress progress) override;
    void rollback(admin::Reply reply, admin::Progress progress) override;
    void stop(admin::StopMode mode, admin::Reply reply) override;
    void finish_generation(std::uint32_t number, admin::Reply reply) override;
    void reopen_logs() override;
    void stop_accepting() override;
    admin::Verdict status() override;

private:
    enum class Phase : std::uint8_t { starting, awaiting_commit, serving, retiring, stopping, over };

    /// A switch that went well is reported when the replaced generation takes no connection any more, so that
    /// whoever connects after the verdict meets the successor.
    struct OwedVerdict {
        std::uint32_t replaced;
        admin::Reply reply;
        admin::Verdict verdict;
    };

    void enter(Phase phase);
    void fail(int exit_code, const std::string& reason);
    void end_when_empty();
    void on_linger_over();
    void on_patience_over();

    // Coming up.
    void begin();
    void come_up(std::uint32_t predecessors_generation);
    void take_lineage_socket();
    bool prepare_configuration();
    bool prepare_process();
    bool prepare_memory(std::uint32_t predecessors_generation);
    void start_first_generation();
    bool take_pid_file(PidFile::From from);
    bool take_admin_socket();
    void on_hello(const Hello& hello) override;
    void on_commit(std::vector<Fd> elders, const Commit& terms) override;
    void on_predecessor_lost(const std::string& why) override;

    // Coming up where a master has died.
    bool look_for_orphans();
    void look_after_orphans();
    void on_estate_collected() override;
    void on_orphan(std::unique_ptr<ControlChannel> line) override;
    void adopt_orphans();
    void adopt(std::unique_ptr<ControlChannel> orphan);
    // Going where the serving master has died.
    std::span<const ListeningSocket> listeners_to_leave() const override { return {}; }
    void on_adopted(std::unique_ptr<ControlChannel> line) override;

    // Replacing.
    std::optional<std::string> busy();
    void begin_replacement(const std::string& what, std::unique_ptr<Successor> successor, bool preflight_only,
                           admin::Reply reply, admin::Progress progress,
                           const admin::CanaryOrder* canary = nullptr);
    void put_on_trial(Upgrade::Request& request, const admin::CanaryOrder& order);
    std::unique_ptr<Successor> make_process_successor(const std::string& binary,
                                                      std::optional<Program> program);
    std::string configured_binary() const;
    void owe(OwedVerdict owed);
    void pay();
    void on_switched(std::unique_ptr<Successor> successor) override;
    std::optional<Links> links_between(std::uint32_t givers, std::uint32_t takers, ParcelKinds kinds) const;
    void join_workers(Successor& successor);
    void join_workers(Generation& older, Generation& younger);
    void take_over(const HandOver& message, std::vector<Fd> links);
    void invite_older_generations();
    void accept_invitation(const Invite& invite);
    void on_rolled_back(Successor& successor, upgrade::Phase phase) override;
    void retake_paths();

    // A trial, as the one that stands by.
    void on_probation(Successor& successor) override;
    void on_canary(Successor& successor, std::uint16_t share) override;
    void on_side_by_side(Successor& successor) override;
    bool obey_by_hand(int signal);
    Judgement judge(Successor& successor, bool meanwhile) override;
    void begin_comparison(Successor& successor);
    std::optional<TrialRules> rules_of_trial() const;
    void note_performance();
    void on_taken_back(std::unique_ptr<Successor> successor, bool lives) override;
    void have_returned(class SuccessorProcess& successor);
    void on_order_of_successor(const ControlMessage& message);
    // A trial, as the one that is judged.
    bool is_on_trial();
    ServiceReports::Subject subject_of_reports();
    void end_trial(const std::string& why);
    void forget_trial();
    void decide(Decide::Decision decision, const std::string& what, admin::Reply reply);
    void on_word_of_elder(ControlChannel& line, const ControlMessage& word, std::vector<Fd> links);
    void give_back(const Return& order, std::vector<Fd> links);
    // Both at once: the other does not know yet that it has been taken back.
    void on_late_order(ControlChannel& line, const ControlMessage& order);

    // The ledger.
    void note_outcome(const Replacement& replacement, const Outcome& outcome);
    void note_trial(std::uint16_t share);
    std::string_view phase_of_lineage();
    void note_comparison(const Performance& own, const Performance& successors);

    void adopt_generation(std::unique_ptr<Generation> generation);
    void follow_paths_of_configuration();
    void limit_generations();
    void close_early(std::uint32_t number);
    config::Drain drain_of_upgrade() const;

    // Going.
    void stop_by(const DrainOrder& order);
    void drain_all(const DrainOrder& order);
    void bury(std::unique_ptr<Generation> generation);
    void on_generation_ready(Generation& generation) override;
    void on_generation_failed(Generation& generation, const std::string& reason) override;
    void on_generation_lost_worker(Generation& generation) override;
    void on_generation_not_accepting(Generation& generation) override;
    void on_generation_gone(Generation& generation) override;
    void on_message(ControlChannel& channel, const ControlMessage& message,
                    std::vector<Fd>& descriptors) override;
    void on_channel_lost(ControlChannel& channel, Reason reason) override;
    void obey(const ControlMessage& message);

    void on_signal(int number, pid_t sender) noexcept override;
    void on_tick();
    void look_after_ticket_keys();
    void keep_certificates();
    void watch_files();
    void open_log(std::uint32_t generation);
    const config::Config& config() const { return *config_; }
    std::string admin_path() const { return start_.options.admin_socket.value_or(config_->admin.socket); }
    GenerationGround ground() {
        return {loop_, reaper_, *memory_, start_.factory, hello_, lineage_socket_.descriptor()};
    }

    EventLoop& loop_;
    ChildReaper& reaper_;
    MasterStart start_;
    Hello hello_;                         // what this master says of itself
    std::optional<Program> own_program_;  // for successors, to go back to; opened for the first of them
    Phase phase_ = Phase::starting;
    int exit_code_ = 0;
    std::optional<admin::StopMode> stop_mode_;
    std::unique_ptr<SignalSource> signals_;
    std::shared_ptr<const config::Config> config_;
    std::shared_ptr<const tls::Material> material_;  // of the first generation
    std::optional<Privileges> privileges_;
    std::optional<shared::LineageMemory> memory_;
    LineageSocket lineage_socket_;
    std::unique_ptr<Adoption> adoption_;                    // null when there was nobody to adopt
    std::vector<std::unique_ptr<ControlChannel>> orphans_;  // until this master serves
    std::vector<std::uint32_t> adopted_;                    // generations whose orphans have been looked for
    PidFile pid_file_;
    std::unique_ptr<admin::ControlServer> admin_;
    std::vector<std::unique_ptr<admin::ControlServer>> former_admins_;  // still owe an answer
    std::unique_ptr<Generation> current_;                               // null once it drains
    std::unique_ptr<tls::CertificateKeeper> certificates_;              // of current_; null without TLS
    std::vector<std::unique_ptr<Generation>> going_;                    // draining, or given up
    Upgrade machine_;
    ServiceReports reports_;
    WatchMode watch_;
    Elders elders_;
    /// What the order of the upgrade that is under way says otherwise than the configuration.
    struct UpgradeTerms {
        bool rolls_back_by_itself = true;
        std::optional<Duration> drain_timeout{};
    };
    UpgradeTerms terms_;
    /// A successor on trial, and what this generation and that one had done when the comparison began.
    struct Comparison {
        shared::GenerationSlot* own = nullptr;
        shared::GenerationSlot* successors = nullptr;
        Performance own_then, successors_then;
        std::optional<TrialRules> rules;  // without them only deaths count
        TimePoint noted_at{};             // in the ledger
    };
    std::optional<Comparison> comparison_;
    PidFile old_pid_file_;             // `.oldbin`, while a trial is by hand
    RecentPerformance recent_;         // of current_
    TrialRules trial_rules_;           // of the upgrade that is under way
    AcceptShare share_;                // to begin with
    bool stands_by_ = false;           // its successor is on trial and has everything
    ControlChannel* judge_ = nullptr;  // one of `elders_`: this generation is on trial there
    admin::Reply decision_reply_;      // to whoever has ordered the end of the trial
    std::uint32_t invited_for_ = 0;    // the generation that has invited the older ones
    TimePoint invite_again_{};         // those that are still there by then
    Duration invitation_pause_{};
    std::optional<Predecessor> predecessor_;
    std::unique_ptr<ControlChannel> successor_line_;  // when retiring: its orders arrive here
    std::unique_ptr<Foundling> foundling_;            // once that line was lost
    std::optional<OwedVerdict> owed_;
    Timer owed_until_;
    Timer tick_;
    Timer linger_;
    Timer give_up_;  // waiting for older masters that should have ended
};

}  // namespace baton::upgrade
