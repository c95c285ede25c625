/// A successor that is another process: the new binary is checked, executed with our listening sockets, and
/// led to ready over the control channel.
#pragma once

#include "server/process/child_reaper.h"
#include "upgrade/checker.h"
#include "upgrade/control_channel.h"
#include "upgrade/spawn.h"
#include "upgrade/successor.h"

#include <functional>
#include <optional>

namespace baton::upgrade {

struct SuccessorPlan {
    std::string binary;
    /// What `binary` meant when this was opened; nothing: it is opened now.
    std::optional<Program> program{};
    /// What the binary is run with to check the configuration, argv[0] included; empty: there is nothing to
    /// check.
    std::vector<std::string> preflight_arguments;
    /// Everything it inherits but the control socket; borrowed until it is spawned.
    std::vector<PassedDescriptor> descriptors;
    Hello hello;
    /// Asked at the commit: copies of the lines to older masters, for the successor to command.
    std::function<std::vector<Fd>()> elders{};
    /// What a successor on trial says: it commands older masters, this one included.
    std::function<void(const ControlMessage&)> on_order{};
};

///     (nothing) ──preflight──► checking ──spawn──► running ──HELLO, READY, ACCEPTING──► …
///                                                     │ exit, hang-up, FAILED, garbage
///                                                     ▼
///                                                   failed (once)
class SuccessorProcess final : public Successor,
                               private CheckerHandler,
                               private ChildHandler,
                               private ControlChannelHandler {
public:
    SuccessorProcess(EventLoop& loop, ChildReaper& reaper, const FirstStart& first_start, SuccessorPlan plan,
                     SuccessorObserver& observer);
    ~SuccessorProcess() override;

    void preflight() override;
    void spawn() override;
    void commit(const Commit& terms) override;
    void take_share(std::uint16_t share) override;
    void end_trial() override;
    void abandon() override;
    bool knows_trials() const override { return hello_ && (hello_->features & feature::trials) != 0; }
    std::string name() const override;
    std::uint32_t generation() const override { return generation_; }
    pid_t pid() const override { return pid_; }
    ParcelKinds parcel_kinds() const override { return hello_ ? hello_->parcel_kinds : 0; }
    std::uint32_t worker_count() const override { return workers_; }
    void take_over(std::vector<Fd> links) override;
    /// After a trial that has failed: it hands over to the workers at the other ends of these links, and
    /// ends.
    void give_back(std::vector<Fd> links);

    const std::optional<Hello>& hello() const { return hello_; }
    /// The line to it, after the switch; whoever takes it becomes its handler.
    std::unique_ptr<ControlChannel> take_channel() { return std::move(channel_); }

private:
    void on_checked(int status, const std::string& output) override;
    void on_exit(pid_t pid, int status) noexcept override;
    void on_message(ControlChannel& channel, const ControlMessage& message,
                    std::vector<Fd>& descriptors) override;
    void on_channel_lost(ControlChannel& channel, Reason reason) override;
    void on_silence();
    void hear(const Hello& hello);
    void fail(int exit_code, const std::string& reason);
    [[noreturn]] void become_successor(Fd control);

    EventLoop& loop_;
    ChildReaper& reaper_;
    const FirstStart& first_start_;
    SuccessorPlan plan_;
    SuccessorObserver& observer_;
    std::unique_ptr<Checker> checker_;
    std::unique_ptr<ControlChannel> channel_;
    pid_t pid_ = 0;
    bool running_ = false;  // its exit has not been seen
    bool over_ = false;     // failed or abandoned: no more reports
    bool on_trial_ = false;
    std::optional<Hello> hello_;
    std::uint32_t generation_ = 0;
    std::uint32_t workers_ = 0;
    Timer silence_;  // the channel hung up; its exit status, which says more, should follow
};

}  // namespace baton::upgrade
