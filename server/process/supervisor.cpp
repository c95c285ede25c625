#include "server/process/supervisor.h"

#include "server/event/fd.h"
#include "server/log/log.h"
#include "server/process/child_reaper.h"
#include "server/process/notification.h"
#include "server/process/notify_socket.h"
#include "server/process/service_manager.h"
#include "server/process/signals.h"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string_view>

// glibc 2.36 forgets to say that these are C.
extern "C" {
#include <sys/pidfd.h>
}

namespace baton {
namespace {

constexpr int passed_on[] = {SIGTERM, SIGQUIT, SIGHUP, SIGUSR1, SIGUSR2, SIGWINCH, SIGINT};
/// sd_listen_fds(3): sockets that are passed to a service begin here.
constexpr int first_passed_descriptor = 3;
constexpr int look_for_status_ms = 20;

bool asks_to_stop(int signal) {
    return signal == SIGTERM || signal == SIGQUIT || signal == SIGINT;
}

int exit_code_of(int status) {
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

std::optional<int> number_in(const char* variable) {
    const char* const text = ::getenv(variable);
    if (text == nullptr) return std::nullopt;
    int number = 0;
    const char* const end = text + std::strlen(text);
    const auto read = std::from_chars(text, end, number);
    if (read.ec != std::errc{} || read.ptr != end) return std::nullopt;
    return number;
}

/// How many sockets the parent has passed to this process.
int passed_descriptors() {
    if (number_in("LISTEN_PID") != ::getpid()) return 0;
    return number_in("LISTEN_FDS").value_or(0);
}

/// What was addressed to `from`, the supervisor, is meant for the master that this process becomes.
void readdress(const char* variable, pid_t from) {
    if (number_in(variable) == from) ::setenv(variable, std::to_string(::getpid()).c_str(), 1);
}

/// The phases and their arrows are drawn in docs/life_of_a_supervisor.md.
enum class Phase { following, stopping, ended };

class Supervisor {
public:
    Supervisor(NotifySocket notify_socket, ServiceManager outside)
        : notify_socket_(std::move(notify_socket)), outside_(std::move(outside)) {}

    /// Fails with errno; nothing has been started then.
    bool start(const MainProgram& program);
    /// Until the main process has ended; its exit code.
    int follow();

private:
    bool take_signals();
    [[noreturn]] void become_main(const MainProgram& program, pid_t supervisor);
    void hear();
    void follow_process(pid_t pid);
    void pass_signals_on();
    void pass_on(int signal);
    void reap();
    bool main_has_ended() const;
    void end_if_status_is_lost();
    void end(int exit_code);

    NotifySocket notify_socket_;
    ServiceManager outside_;
    Phase phase_ = Phase::following;
    sigset_t mask_at_start_{};
    Fd signals_;
    pid_t main_ = 0;
    Fd main_process_;  ///< readable when it has ended, whoever its parent is
    int stop_signal_ = 0;
    int exit_code_ = 0;
};

bool Supervisor::take_signals() {
    sigset_t taken;
    ::sigemptyset(&taken);
    ::sigaddset(&taken, SIGCHLD);
    for (const int signal : passed_on) ::sigaddset(&taken, signal);
    if (::sigprocmask(SIG_BLOCK, &taken, &mask_at_start_) != 0) return false;
    signals_ = Fd{::signalfd(-1, &taken, SFD_CLOEXEC | SFD_NONBLOCK)};
    return static_cast<bool>(signals_);
}

bool Supervisor::start(const MainProgram& program) {
    if (!take_signals()) return false;
    // As PID 1 it gets the orphans anyway.
    const pid_t supervisor = ::getpid();
    if (supervisor != 1 && ::prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) return false;
    const pid_t child = ::fork();
    if (child == 0) become_main(program, supervisor);
    if (child < 0) return false;
    main_ = child;
    main_process_ = Fd{::pidfd_open(child, 0)};
    if (!main_process_) {
        const int error = errno;
        ::kill(child, SIGKILL);
        errno = error;
        return false;
    }
    log::notice("supervisor.started").with("main", child);
    return true;
}

void Supervisor::become_main(const MainProgram& program, pid_t supervisor) {
    // A signal to the supervisor's group, from a terminal for one, reaches the master once: passed on.
    ::setpgid(0, 0);
    ::setenv("NOTIFY_SOCKET", notify_socket_.path().c_str(), 1);
    readdress("LISTEN_PID", supervisor);
    readdress("WATCHDOG_PID", supervisor);
    ::sigprocmask(SIG_SETMASK, &mask_at_start_, nullptr);
    ::_exit(program());
}

int Supervisor::follow() {
    while (phase_ != Phase::ended) {
        // Ended, and not reaped by us: another process is its parent, and nobody tells when that one reaps
        // it.
        const bool waits_for_status = main_has_ended();
        pollfd watched[] = {{notify_socket_.descriptor(), POLLIN, 0},
                            {signals_.get(), POLLIN, 0},
                            {waits_for_status ? -1 : main_process_.get(), POLLIN, 0}};
        if (::poll(watched, std::size(watched), waits_for_status ? look_for_status_ms : -1) < 0 &&
            errno != EINTR)
            return EX_OSERR;
        hear();
        pass_signals_on();
        reap();
        end_if_status_is_lost();
    }
    return exit_code_;
}

void Supervisor::hear() {
    while (const auto datagram = notify_socket_.receive()) {
        if (datagram->sender != main_) continue;
        const auto notification = read_notification(datagram->text);
        if (!notification.for_outside.empty()) outside_.repeat(notification.for_outside);
        if (notification.main_process) follow_process(*notification.main_process);
    }
}

void Supervisor::follow_process(pid_t pid) {
    if (pid == main_) return;
    Fd process{pid == ::getpid() ? -1 : ::pidfd_open(pid, 0)};
    if (!process) {
        log::warn("supervisor.no_such_process").with("main", main_).with("named", pid);
        return;
    }
    log::notice("supervisor.follows").with("main", pid).with("before", main_);
    main_ = pid;
    main_process_ = std::move(process);
    // Whoever asked the one before to stop meant the service.
    if (phase_ == Phase::stopping) pass_on(stop_signal_);
}

void Supervisor::pass_signals_on() {
    signalfd_siginfo info{};
    while (::read(signals_.get(), &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
        const int signal = static_cast<int>(info.ssi_signo);
        if (signal == SIGCHLD) continue;  // reaped in every turn
        // A terminal that changes its size means nothing by it: `docker run -it` passes every change on.
        if (signal == SIGWINCH && info.ssi_code == SI_KERNEL) continue;
        if (asks_to_stop(signal)) {
            phase_ = Phase::stopping;
            stop_signal_ = signal;
        }
        pass_on(signal);
    }
}

void Supervisor::pass_on(int signal) {
    // One that has just ended needs no signal.
    ::pidfd_send_signal(main_process_.get(), signal, nullptr, 0);
}

void Supervisor::reap() {
    siginfo_t child{};
    while (::waitid(P_ALL, 0, &child, WEXITED | WNOHANG | WNOWAIT) == 0 && child.si_pid != 0) {
        const pid_t pid = child.si_pid;
        // Its last words may name another. They are known for its own as long as nobody can get its number.
        if (pid == main_) hear();
        int status = 0;
        ::waitpid(pid, &status, 0);
        if (pid == main_) {
            log::notice("supervisor.ended").with("main", pid).with("status", describe_exit(status));
            return end(exit_code_of(status));
        }
        child = {};
    }
}

bool Supervisor::main_has_ended() const {
    pollfd main{main_process_.get(), POLLIN, 0};
    return ::poll(&main, 1, 0) > 0;
}

/// What `reap` cannot see: the end of a main process that is still its predecessor's child.
void Supervisor::end_if_status_is_lost() {
    if (phase_ == Phase::ended || !main_has_ended()) return;
    // Not reaped yet. After a stop its predecessor is ending too, and leaves it to us.
    if (::pidfd_send_signal(main_process_.get(), 0, nullptr, 0) == 0) return;
    const pid_t gone = main_;
    hear();
    if (main_ != gone) return;
    log::error("supervisor.ended").with("main", gone).with("status", "unknown, its parent has it");
    end(EX_SOFTWARE);
}

void Supervisor::end(int exit_code) {
    exit_code_ = exit_code;
    phase_ = Phase::ended;
}

}  // namespace

int supervise(const MainProgram& program) {
    auto notify_socket = NotifySocket::open();
    if (!notify_socket) {
        std::fprintf(stderr, "baton: no place for the supervisor's socket (TMPDIR can name one): %s\n",
                     std::strerror(notify_socket.error().os_error));
        return EX_CANTCREAT;
    }
    const int passed = passed_descriptors();
    const int first_own = notify_socket->descriptor();
    Supervisor supervisor(std::move(*notify_socket), ServiceManager::from_environment());
    if (!supervisor.start(program)) {
        std::fprintf(stderr, "baton: cannot start the master: %s\n", std::strerror(errno));
        return EX_OSERR;
    }
    // The master's from now on: a listener that it closes shall be closed.
    for (int i = 0; i < passed && first_passed_descriptor + i < first_own; ++i)
        ::close(first_passed_descriptor + i);
    return supervisor.follow();
}

int execute_as_master(std::vector<std::string> arguments) {
    std::erase(arguments, "--supervise");
    std::vector<char*> values;
    for (auto& argument : arguments) values.push_back(argument.data());
    values.push_back(nullptr);
    // The file that runs, also when another one, or none, is at its path by now.
    ::execv("/proc/self/exe", values.data());
    std::fprintf(stderr, "baton: cannot start the master: %s\n", std::strerror(errno));
    return EX_OSERR;
}

}  // namespace baton
