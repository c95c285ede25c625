/// Collects the exit status of every child and gives it to whoever waits for that child. No child stays a
/// zombie.
#pragma once

#include <sys/types.h>

#include <string>
#include <unordered_map>

namespace baton {

class ChildHandler {
public:
    virtual ~ChildHandler() = default;
    /// `status` as from waitpid. The child is not watched any more.
    virtual void on_exit(pid_t pid, int status) noexcept = 0;
};

class ChildReaper {
public:
    /// Calls `handler` once when `pid` has ended.
    void watch(pid_t pid, ChildHandler& handler) { handlers_[pid] = &handler; }
    /// The handler goes away; the child is still reaped.
    void forget(pid_t pid) { handlers_.erase(pid); }
    /// Reaps all that have ended; call on SIGCHLD. Children that nobody watches (of a process that died while
    /// this one is PID 1) are reaped too.
    void reap();

private:
    std::unordered_map<pid_t, ChildHandler*> handlers_;
};

/// `exited 1`, `killed by signal 11 (SIGSEGV)`: a wait status in words.
std::string describe_exit(int status);

}  // namespace baton
