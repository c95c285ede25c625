/// For a program that is not Baton: one process that replaces itself on USR2 and loses no connection.
///
///     auto self = SelfUpgrade::create(argc, argv);
///     auto socket = (*self)->listen(address);   // inherited, or bound
///     MyServer server((*self)->loop(), *socket);
///     return (*self)->run(server);
#pragma once

#include "server/net/listener.h"
#include "server/process/child_reaper.h"
#include "server/process/signals.h"
#include "upgrade/first_start.h"
#include "upgrade/inherit.h"
#include "upgrade/predecessor.h"
#include "upgrade/upgrade.h"

#include <memory>
#include <optional>
#include <string>

namespace baton::upgrade {

/// What the program does with its connections.
class Upgradable {
public:
    virtual ~Upgradable() = default;
    /// Called once: at the first start at once, in a successor when the predecessor lets go.
    virtual void start_accepting() = 0;
    /// A successor serves, or the program was told to end: accept nothing more, finish what runs.
    virtual void drain() = 0;
    /// Nothing runs any more: a draining process then exits.
    virtual bool is_empty() const = 0;
};

/// USR2 executes the program's file anew, however it got there: it inherits the listening sockets and, when
/// it reaches `run`, is told to accept while this process drains. A successor that crashes, hangs for 30 s or
/// is no successor at all changes nothing. TERM and INT drain without a successor; a second one ends the
/// process.
class SelfUpgrade final : private SignalHandler, private UpgradeHandler, private PredecessorHandler {
public:
    /// Call first in main. Fails with what the system said.
    static Result<std::unique_ptr<SelfUpgrade>> create(int argc, char** argv);
    ~SelfUpgrade() override;

    EventLoop& loop() { return *loop_; }
    /// The listening socket for `address`: the one that was inherited, else a new one. Lives as long as this
    /// object.
    Result<const ListeningSocket*> listen(const Address& address);
    /// Serves until drained; returns the exit code.
    int run(Upgradable& program);

private:
    SelfUpgrade(std::unique_ptr<EventLoop> loop, Inheritance inheritance, int argc, char** argv);
    void on_signal(int number, pid_t sender) noexcept override;
    void on_switched(std::unique_ptr<Successor> successor) override;
    void on_rolled_back(Successor& successor, Phase phase) override;
    void on_hello(const Hello& hello) override;
    void on_commit(std::vector<Fd> elders, const Commit& terms) override;
    void on_predecessor_lost(const std::string& why) override;
    void start_upgrade();
    void drain();

    ChildReaper reaper_;
    std::unique_ptr<EventLoop> loop_;
    Inheritance inheritance_;
    FirstStart first_start_;
    std::string binary_;
    std::unique_ptr<SignalSource> signals_;
    config::Listener settings_;  // of the sockets: the defaults
    std::vector<std::unique_ptr<ListeningSocket>> sockets_;
    Upgrade machine_;
    std::optional<Predecessor> predecessor_;
    Upgradable* program_ = nullptr;
    bool draining_ = false;
    bool over_ = false;
    int exit_code_ = 0;
};

}  // namespace baton::upgrade
