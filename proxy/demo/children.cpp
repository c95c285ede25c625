#include "proxy/demo/children.h"

#include "server/process/child_reaper.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>

namespace baton::demo {

namespace {

struct SpawnSettings {
    posix_spawn_file_actions_t files{};
    posix_spawnattr_t attributes{};
    SpawnSettings() {
        ::posix_spawn_file_actions_init(&files);
        ::posix_spawnattr_init(&attributes);
    }
    SpawnSettings(const SpawnSettings&) = delete;
    SpawnSettings& operator=(const SpawnSettings&) = delete;
    ~SpawnSettings() {
        ::posix_spawn_file_actions_destroy(&files);
        ::posix_spawnattr_destroy(&attributes);
    }
};

std::vector<pid_t> present_children() {
    const std::string self = std::to_string(::getpid());
    std::ifstream list("/proc/" + self + "/task/" + self + "/children");
    std::vector<pid_t> pids;
    for (pid_t pid = 0; list >> pid;) pids.push_back(pid);
    return pids;
}

}  // namespace

std::string Ending::to_string() const {
    return describe_exit(status);
}

Children::Children() {
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
}

Result<pid_t> Children::spawn(const Command& command, OnEnd on_end) {
    SpawnSettings settings;
    sigset_t none_blocked;
    sigset_t defaults;
    ::sigemptyset(&none_blocked);
    ::sigemptyset(&defaults);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGCHLD})
        ::sigaddset(&defaults, signal);
    ::posix_spawnattr_setsigmask(&settings.attributes, &none_blocked);
    ::posix_spawnattr_setsigdefault(&settings.attributes, &defaults);
    ::posix_spawnattr_setpgroup(&settings.attributes, 0);
    ::posix_spawnattr_setflags(&settings.attributes,
                               POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
    ::posix_spawn_file_actions_addopen(&settings.files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (command.output >= 0) {
        ::posix_spawn_file_actions_adddup2(&settings.files, command.output, STDOUT_FILENO);
    } else {
        ::posix_spawn_file_actions_addopen(&settings.files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    }
    ::posix_spawn_file_actions_adddup2(&settings.files, STDOUT_FILENO, STDERR_FILENO);

    std::vector<char*> arguments;
    for (const std::string& argument : command.arguments)
        arguments.push_back(const_cast<char*>(argument.c_str()));
    arguments.push_back(nullptr);
    pid_t pid = 0;
    const int error =
        ::posix_spawn(&pid, arguments[0], &settings.files, &settings.attributes, arguments.data(), environ);
    if (error != 0) return failure(reason_of(error), Side::internal, error);
    expect(pid, std::move(on_end));
    return pid;
}

void Children::reap() {
    int status = 0;
    for (pid_t pid = 0; (pid = ::waitpid(-1, &status, WNOHANG)) > 0;) {
        const auto found = on_end_.extract(pid);
        if (found && found.mapped()) found.mapped()({status});
    }
}

void Children::signal_all(int signal) const {
    for (const pid_t pid : present_children()) ::kill(pid, signal);
}

bool Children::none() const {
    siginfo_t ended{};
    return ::waitid(P_ALL, 0, &ended, WEXITED | WNOHANG | WNOWAIT) != 0 && errno == ECHILD;
}

}  // namespace baton::demo
