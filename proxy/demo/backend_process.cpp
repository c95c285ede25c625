#include "proxy/demo/backend_process.h"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <new>

namespace baton::demo {

namespace {

[[noreturn]] void serve(const ListeningSocket& listener, const Story& story, pid_t parent) {
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(1);
    ::signal(SIGPIPE, SIG_IGN);
    auto loop = EventLoop::create();
    if (!loop) ::_exit(1);
    Backend backend(**loop, listener, story);
    if (!backend.start()) ::_exit(1);
    (*loop)->run();
    ::_exit(0);
}

}  // namespace

Result<pid_t> fork_backend(const ListeningSocket& listener, const Story& story) {
    const pid_t parent = ::getpid();
    const pid_t pid = ::fork();
    if (pid < 0) return system_failure();
    if (pid == 0) serve(listener, story, parent);
    return pid;
}

Story* share_story() {
    void* memory = ::mmap(nullptr, sizeof(Story), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return memory == MAP_FAILED ? nullptr : new (memory) Story;
}

}  // namespace baton::demo
