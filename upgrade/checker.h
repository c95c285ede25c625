/// Runs something in a child and collects what it says: a configuration check that may crash without harm.
#pragma once

#include "server/event/event_loop.h"
#include "server/process/child_reaper.h"

#include <functional>
#include <memory>
#include <string>

namespace baton::upgrade {

class CheckerHandler {
public:
    virtual ~CheckerHandler() = default;
    /// The child has ended; `status` as from waitpid, `output` what it wrote to stdout and stderr, 64 KiB at
    /// most.
    virtual void on_checked(int status, const std::string& output) = 0;
};

class Checker final : public Disposable, private ChildHandler, private WatchHandler {
public:
    Checker(EventLoop& loop, ChildReaper& reaper, CheckerHandler& handler)
        : loop_(loop), reaper_(reaper), handler_(handler) {}
    /// Kills a child that still runs.
    ~Checker() override;

    /// Forks; the child runs `check` with stdin from /dev/null and both outputs into a pipe, and exits with
    /// its result. Fails with what fork or pipe said.
    Result<void> start(const std::function<int()>& check);

private:
    static constexpr std::size_t longest_output = 64 * 1024;

    void on_exit(pid_t pid, int status) noexcept override;
    void on_ready() noexcept override;
    void read_output();

    EventLoop& loop_;
    ChildReaper& reaper_;
    CheckerHandler& handler_;
    pid_t pid_ = 0;
    Fd output_;
    Watch watch_;
    std::string text_;
};

}  // namespace baton::upgrade
