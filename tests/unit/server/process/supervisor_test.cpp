#include "server/process/supervisor.h"

#include "server/process/service_manager.h"
#include "server/process/signals.h"
#include "tests/support/temporary_folder.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>
#include <string>

using namespace baton;

namespace {

/// Waits in a child for one of `signals`, which must be blocked; its number.
int wait_for_signal(std::initializer_list<int> signals) {
    sigset_t set;
    ::sigemptyset(&set);
    for (const int signal : signals) ::sigaddset(&set, signal);
    int caught = 0;
    ::sigwait(&set, &caught);
    return caught;
}

void block(std::initializer_list<int> signals) {
    sigset_t set;
    ::sigemptyset(&set);
    for (const int signal : signals) ::sigaddset(&set, signal);
    ::sigprocmask(SIG_BLOCK, &set, nullptr);
}

/// Makes the calling process name another main process, one that runs `successor`.
template <class Successor>
pid_t name_successor(const Successor& successor) {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(successor());
    ServiceManager::from_environment().main_process(child);
    return child;
}

/// A supervisor in a process of its own, and a pipe by which its masters tell the test something.
struct Supervised {
    Supervised() {
        int ends[2];
        BOOST_REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
        from_masters = Fd{ends[0]};
        to_test = Fd{ends[1]};
        ::setenv("TMPDIR", folder.path().c_str(), 1);
    }
    ~Supervised() { ::unsetenv("TMPDIR"); }

    template <class Main>
    void start(const Main& main) {
        supervisor = ::fork();
        if (supervisor == 0) become_supervisor(main);
    }
    template <class Main>
    [[noreturn]] static void become_supervisor(const Main& main) {
        const int null = ::open("/dev/null", O_WRONLY);
        ::dup2(null, STDERR_FILENO);
        ::_exit(supervise(main));
    }
    /// The exit code; -1 when a signal ended it.
    int wait() {
        int status = 0;
        ::waitpid(supervisor, &status, 0);
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }
    template <class Main>
    int exit_code_with(const Main& main) {
        start(main);
        return wait();
    }
    void tell_test(int number) const { BOOST_REQUIRE(::write(to_test.get(), &number, sizeof number) > 0); }
    /// 0 when nobody says anything.
    int hear_master() const {
        pollfd watched{from_masters.get(), POLLIN, 0};
        int number = 0;
        if (::poll(&watched, 1, 20'000) == 1) (void)!::read(from_masters.get(), &number, sizeof number);
        return number;
    }

    test::TemporaryFolder folder;
    Fd from_masters;
    Fd to_test;
    pid_t supervisor = 0;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(supervisor, Supervised)

BOOST_AUTO_TEST_CASE(it_ends_with_the_status_of_the_main_process) {
    BOOST_TEST(exit_code_with([] { return 0; }) == 0);
    BOOST_TEST(exit_code_with([] { return EX_CONFIG; }) == EX_CONFIG);
    BOOST_TEST(exit_code_with([] { return ::raise(SIGKILL); }) == 128 + SIGKILL);
    BOOST_TEST(exit_code_with([] { return ::raise(SIGTERM); }) == 128 + SIGTERM);
    BOOST_TEST(std::filesystem::is_empty(folder.path()));
}

BOOST_AUTO_TEST_CASE(a_main_process_that_names_another_and_ends_at_once_is_not_the_last) {
    for (int i = 0; i < 50; ++i) {
        const int code = exit_code_with([] {
            name_successor([] { return 7; });
            return 1;
        });
        BOOST_TEST(code == 7);
    }
}

BOOST_AUTO_TEST_CASE(every_signal_for_a_master_is_passed_on) {
    const auto all = {SIGHUP, SIGUSR1, SIGUSR2, SIGWINCH, SIGQUIT, SIGINT, SIGTERM};
    start([&] {
        block(all);
        for (;;) {
            tell_test(-1);
            const int caught = wait_for_signal(all);
            tell_test(caught);
            if (caught == SIGTERM) return 0;
        }
    });
    for (const int signal : all) {
        BOOST_TEST(hear_master() == -1);
        ::kill(supervisor, signal);
        BOOST_TEST(hear_master() == signal);
    }
    BOOST_TEST(wait() == 0);
}

BOOST_AUTO_TEST_CASE(signals_are_for_the_process_that_was_named_last) {
    start([&]() -> int {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        block({SIGHUP});
        const pid_t successor = name_successor([] {
            wait_for_signal({SIGHUP});
            return 9;
        });
        tell_test(1);
        ::waitpid(successor, nullptr, 0);
        for (;;) ::pause();
    });
    BOOST_REQUIRE(hear_master() == 1);
    ::kill(supervisor, SIGHUP);
    // The one before lives on and has taken its status.
    BOOST_TEST(wait() == EX_SOFTWARE);
}

BOOST_AUTO_TEST_CASE(a_stop_that_crosses_with_an_upgrade_reaches_the_successor_too) {
    start([&] {
        block({SIGTERM});
        const pid_t successor = ::fork();
        if (successor == 0) {
            wait_for_signal({SIGTERM});
            ::_exit(5);
        }
        tell_test(1);
        wait_for_signal({SIGTERM});
        ServiceManager::from_environment().main_process(successor);
        return 0;
    });
    BOOST_REQUIRE(hear_master() == 1);
    ::kill(supervisor, SIGTERM);
    BOOST_TEST(wait() == 5);
}

BOOST_AUTO_TEST_CASE(only_the_main_process_is_believed) {
    start([&] {
        block({SIGUSR1});
        const pid_t stranger = ::fork();
        if (stranger == 0) {
            ServiceManager::from_environment().main_process(::getpid());
            tell_test(1);
            for (;;) ::pause();
        }
        wait_for_signal({SIGUSR1});
        ::kill(stranger, SIGKILL);
        return 3;
    });
    BOOST_REQUIRE(hear_master() == 1);
    ::kill(supervisor, SIGUSR1);
    BOOST_TEST(wait() == 3);
}

BOOST_AUTO_TEST_CASE(a_process_that_does_not_live_is_not_followed) {
    const int code = exit_code_with([] {
        const pid_t gone = ::fork();
        if (gone == 0) ::_exit(0);
        ::waitpid(gone, nullptr, 0);
        ServiceManager::from_environment().main_process(gone);
        ServiceManager::from_environment().main_process(::getppid());
        return 4;
    });
    BOOST_TEST(code == 4);
}

BOOST_AUTO_TEST_CASE(what_was_addressed_to_the_supervisor_is_addressed_to_the_master) {
    supervisor = ::fork();
    if (supervisor == 0) {
        ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
        ::setenv("WATCHDOG_PID", "1", 1);
        become_supervisor([] {
            const auto own = std::to_string(::getpid());
            return ::getenv("LISTEN_PID") == own && ::getenv("WATCHDOG_PID") == std::string("1") ? 0 : 1;
        });
    }
    BOOST_TEST(wait() == 0);
}

BOOST_AUTO_TEST_CASE(the_main_process_starts_with_the_signal_mask_of_the_supervisor) {
    const int code = exit_code_with([] {
        const sigset_t mask = current_signal_mask();
        return ::sigismember(&mask, SIGTERM) + ::sigismember(&mask, SIGCHLD);
    });
    BOOST_TEST(code == 0);
}

BOOST_AUTO_TEST_SUITE_END()
