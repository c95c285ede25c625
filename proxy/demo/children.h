/// The processes that the demo starts, and those that become its own when their parent goes (each generation
/// starts the next one). None outlives the demo.
#pragma once

#include "server/event/event_loop.h"

#include <sys/types.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace baton::demo {

/// What to start. Its standard input is empty; it gets default signal handling and a process group of its
/// own, so that Ctrl-C on the terminal reaches the demo alone.
struct Command {
    std::vector<std::string> arguments;  ///< the first is the absolute path of the program
    int output = -1;                     ///< becomes standard output and error; -1 = nobody reads them
};

/// How a process ended.
struct Ending {
    int status = 0;  ///< as of waitpid
    bool well() const { return status == 0; }
    /// `exited 78`, `killed by SIGSEGV`.
    std::string to_string() const;
};

class Children {
public:
    using OnEnd = std::function<void(const Ending&)>;

    /// Orphans of this process's descendants become its children from now on.
    Children();
    Children(const Children&) = delete;
    Children& operator=(const Children&) = delete;

    /// Starts a process; `on_end` is called by `reap` once it has ended. Fails with what posix_spawn said.
    Result<pid_t> spawn(const Command& command, OnEnd on_end);
    /// Watches a child that was forked, or an orphan to come.
    void expect(pid_t pid, OnEnd on_end) { on_end_[pid] = std::move(on_end); }
    /// Collects whoever has ended, without waiting. To be called at SIGCHLD.
    void reap();
    /// Sends `signal` to each child there is, by its pid.
    void signal_all(int signal) const;
    /// Nobody is left, neither running nor waiting to be collected.
    bool none() const;

private:
    std::map<pid_t, OnEnd> on_end_;
};

}  // namespace baton::demo
