#include "server/process/child_reaper.h"

#include "server/process/signals.h"

#include <sys/wait.h>

namespace baton {

void ChildReaper::reap() {
    int status = 0;
    for (pid_t pid = 0; (pid = ::waitpid(-1, &status, WNOHANG)) > 0;) {
        const auto found = handlers_.find(pid);
        if (found == handlers_.end()) continue;
        ChildHandler& handler = *found->second;
        handlers_.erase(found);
        handler.on_exit(pid, status);
    }
}

std::string describe_exit(int status) {
    if (WIFEXITED(status)) return "exited " + std::to_string(WEXITSTATUS(status));
    if (!WIFSIGNALED(status)) return "ended with status " + std::to_string(status);
    return "killed by signal " + std::to_string(WTERMSIG(status)) + " (" + signal_name(WTERMSIG(status)) +
           ")" + (WCOREDUMP(status) ? ", core dumped" : "");
}

}  // namespace baton
