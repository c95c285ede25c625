#include "server/process/system_call_filter.h"

#include "server/log/log_output.h"
#include "server/process/worker_channel.h"

#include <fcntl.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <memory>

namespace baton {
namespace {

/// Whatever their arguments.
constexpr int allowed_calls[] = {
    // the loop and its signals
    SCMP_SYS(epoll_ctl), SCMP_SYS(epoll_pwait), SCMP_SYS(epoll_pwait2), SCMP_SYS(epoll_wait), SCMP_SYS(poll),
    SCMP_SYS(ppoll), SCMP_SYS(restart_syscall), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn),
    SCMP_SYS(signalfd4),
    // connections, links and logs
    SCMP_SYS(accept4), SCMP_SYS(close), SCMP_SYS(connect), SCMP_SYS(getpeername), SCMP_SYS(getsockname),
    SCMP_SYS(getsockopt), SCMP_SYS(pread64), SCMP_SYS(read), SCMP_SYS(readv), SCMP_SYS(recvfrom),
    SCMP_SYS(recvmsg), SCMP_SYS(sendmsg), SCMP_SYS(sendto), SCMP_SYS(setsockopt), SCMP_SYS(shutdown),
    SCMP_SYS(socketpair), SCMP_SYS(write), SCMP_SYS(writev),
    // memory
    SCMP_SYS(brk), SCMP_SYS(madvise), SCMP_SYS(mlock), SCMP_SYS(mlock2), SCMP_SYS(mremap), SCMP_SYS(munlock),
    SCMP_SYS(munmap),
    // time, where the kernel's page does not tell it, and chance
    SCMP_SYS(clock_getres), SCMP_SYS(clock_gettime), SCMP_SYS(getrandom), SCMP_SYS(gettimeofday),
    SCMP_SYS(time),
    // what the C library asks about this process, its open files and the system
    SCMP_SYS(fstat), SCMP_SYS(futex), SCMP_SYS(getegid), SCMP_SYS(geteuid), SCMP_SYS(getgid),
    SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(getuid), SCMP_SYS(sched_yield), SCMP_SYS(sysinfo),
    SCMP_SYS(uname),
    // the end
    SCMP_SYS(exit), SCMP_SYS(exit_group)};

/// With one argument as it must be: `argument & mask == value`.
struct ConditionalCall {
    int number;
    unsigned argument;
    std::uint64_t mask;
    std::uint64_t value;
};

/// The kernel looks at no more of an argument that is an `int`.
constexpr std::uint64_t whole_int = UINT32_MAX;

constexpr ConditionalCall conditional_calls[] = {
    // A log is opened again; nothing is ever read by its name.
    {SCMP_SYS(openat), 2, whole_int, log_file_flags},
    {SCMP_SYS(open), 1, whole_int, log_file_flags},
    // Of open files, not of paths.
    {SCMP_SYS(newfstatat), 3, whole_int, AT_EMPTY_PATH},
    {SCMP_SYS(fcntl), 1, whole_int, F_GETFD},
    {SCMP_SYS(fcntl), 1, whole_int, F_SETFD},
    {SCMP_SYS(fcntl), 1, whole_int, F_GETFL},
    {SCMP_SYS(fcntl), 1, whole_int, F_SETFL},
    {SCMP_SYS(fcntl), 1, whole_int, F_DUPFD_CLOEXEC},
    {SCMP_SYS(fcntl), 1, whole_int, F_GET_SEALS},
    // A worker that serves outlives its master.
    {SCMP_SYS(prctl), 0, whole_int, PR_SET_PDEATHSIG},
    {SCMP_SYS(socket), 0, whole_int, AF_UNIX},
    {SCMP_SYS(socket), 0, whole_int, AF_INET},
    {SCMP_SYS(socket), 0, whole_int, AF_INET6},
    // No page becomes code.
    {SCMP_SYS(mmap), 2, PROT_EXEC, 0},
    {SCMP_SYS(mprotect), 2, PROT_EXEC, 0},
    // Limits are read, not set.
    {SCMP_SYS(prlimit64), 2, UINT64_MAX, 0},
};

/// SYS_SECCOMP, which the C library leaves to the kernel's headers.
constexpr int sent_by_filter = 1;

int report_channel = -1;

extern "C" {
/// The call was not made. A second SIGSYS finds no handler any more, and nobody can install one.
void on_forbidden_call(int, siginfo_t* info, void*) {
    const bool by_filter = info->si_code == sent_by_filter;
    send_report(report_channel, WorkerReport::forbidden_call(by_filter ? info->si_syscall : -1));
    ::raise(SIGSYS);
}
}

bool install_handler() {
    struct sigaction action {};
    action.sa_sigaction = &on_forbidden_call;
    action.sa_flags = SA_SIGINFO | SA_RESETHAND | SA_NODEFER;
    return ::sigaction(SIGSYS, &action, nullptr) == 0;
}

int allow(scmp_filter_ctx filter, const ConditionalCall& call) {
    const scmp_arg_cmp condition{call.argument, SCMP_CMP_MASKED_EQ, call.mask, call.value};
    return ::seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, call.number, 1, &condition);
}

int fill(scmp_filter_ctx filter) {
    if (const int error = ::seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS))
        return error;
    // A binary tree in place of a chain: what is called last in the list costs no more than what is first.
    if (const int error = ::seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2)) return error;
    for (const int number : allowed_calls)
        if (const int error = ::seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, number, 0, nullptr))
            return error;
    for (const ConditionalCall& call : conditional_calls)
        if (const int error = allow(filter, call)) return error;
    // abort() and what ends the process after a forbidden call: a signal to itself and to nobody else.
    const auto self = static_cast<std::uint64_t>(::getpid());
    return allow(filter, {SCMP_SYS(tgkill), 0, whole_int, self});
}

}  // namespace

bool allow_only_what_serving_takes(int channel) {
    const std::unique_ptr<void, decltype(&::seccomp_release)> filter(::seccomp_init(SCMP_ACT_TRAP),
                                                                     &::seccomp_release);
    if (!filter) {
        errno = ENOMEM;
        return false;
    }
    if (const int error = fill(filter.get())) {
        errno = -error;
        return false;
    }
    report_channel = channel;
    if (!install_handler()) return false;
    if (const int error = ::seccomp_load(filter.get())) {
        errno = -error;
        return false;
    }
    return true;
}

std::string system_call_name(int number) {
    const std::unique_ptr<char, decltype(&::free)> name(
        ::seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, number), &::free);
    return name ? name.get() : "unknown";
}

}  // namespace baton
