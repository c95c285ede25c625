#include "server/process/strict_sandbox.h"

#include "server/event/event_loop.h"
#include "server/log/log.h"
#include "server/log/log_output.h"
#include "server/net/listener.h"
#include "server/process/landlock.h"
#include "server/process/memory_usage.h"
#include "server/process/privileges.h"
#include "server/process/signals.h"
#include "server/process/system_call_filter.h"
#include "server/process/worker_channel.h"
#include "server/tls/digest.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/worker_set_master.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

using namespace baton;

namespace {

namespace fs = std::filesystem;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool is_sanitized = true;
#else
constexpr bool is_sanitized = false;
#endif

boost::test_tools::assertion_result can_be_strict(boost::unit_test::test_unit_id) {
    boost::test_tools::assertion_result result(!is_sanitized);
    result.message() << "a sanitizer's process cannot be held in a strict sandbox";
    return result;
}

boost::test_tools::assertion_result has_landlock(boost::unit_test::test_unit_id id) {
    if (auto strict = can_be_strict(id); !strict) return strict;
    boost::test_tools::assertion_result result(landlock_version() > 0);
    result.message() << "this kernel has no Landlock";
    return result;
}

boost::test_tools::assertion_result landlock_knows_ports(boost::unit_test::test_unit_id id) {
    if (auto strict = can_be_strict(id); !strict) return strict;
    boost::test_tools::assertion_result result(landlock_version() >= 4);
    result.message() << "Landlock knows no ports in this kernel";
    return result;
}

ListeningSocket listen_on_a_free_port() {
    config::Listener settings;
    ListenerRequest request;
    request.address = *Address::ip("127.0.0.1", 0);
    request.settings = &settings;
    return std::move(*bind_listener(request, 0));
}

bool connects_to(const Address& address) {
    const Fd socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    return ::connect(socket.get(), address.data(), address.length()) == 0;
}

/// How a process ended, and what it told its master.
struct End {
    int status = 0;
    std::string forbidden_call;

    bool went_well() const { return WIFEXITED(status) && WEXITSTATUS(status) == 0; }
    bool was_killed_by(int signal) const { return WIFSIGNALED(status) && WTERMSIG(status) == signal; }
};

/// A strict worker's process, its log and its only upstream.
struct StrictProcess {
    StrictProcess() {
        fs::create_directory(folder.path() / "logs");
        config.logging.output = folder.file("logs/error.log");
        config.logging.access.output = folder.file("logs/access.log");
        config::Endpoint endpoint;
        endpoint.port = server.address.port();
        config.upstreams["app"].endpoints = {endpoint};
    }
    /// What becomes of `work` in the sandbox; it is well when it returns true.
    End end_of(const std::function<bool()>& work) {
        auto channel = std::move(*make_worker_channel());
        const pid_t child = ::fork();
        if (child == 0) {
            ::signal(SIGABRT, SIG_DFL);  // which the runner of the tests takes
            Privileges privileges;
            privileges.sandbox = config::Sandbox::strict;
            const bool inside =
                drop_privileges(privileges) && enter_strict_sandbox(config, channel.worker.get());
            ::_exit(inside ? (work() ? 0 : 1) : 2);
        }
        End end;
        ::waitpid(child, &end.status, 0);
        WorkerReport report;
        if (receive_report(channel.master.get(), report) == ChannelState::message)
            end.forbidden_call = system_call_name(report.system_call);
        return end;
    }
    void dies_of(const std::string& name, const std::function<void()>& work) {
        const End end = end_of([&] {
            work();
            return true;
        });
        BOOST_TEST(end.was_killed_by(SIGSYS), name << " ended with status " << end.status);
        BOOST_TEST(end.forbidden_call == name);
    }

    test::TemporaryFolder folder;
    ListeningSocket server = listen_on_a_free_port();
    config::Config config;
};

/// Runs a program as soon as it may accept.
class EscapingService final : public Service {
public:
    explicit EscapingService(const WorkerContext&) {}
    void start_accepting() override {
        char name[] = "true";
        char* const arguments[] = {name, nullptr};
        ::execv("/bin/true", arguments);
    }
    void stop_accepting() override {}
    void drain(const DrainOrder&) override {}
    void reopen_logs() override {}
    bool is_empty() const override { return true; }
    void end_turn() override {}
    void finish() override {}
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(strict_sandbox, StrictProcess)

BOOST_AUTO_TEST_CASE(what_an_exploit_needs_is_its_end_and_the_master_hears_the_name,
                     *boost::unit_test::precondition(can_be_strict)) {
    dies_of("execve", [] { ::execl("/bin/true", "true", nullptr); });
    dies_of("clone", [] { ::fork(); });
    dies_of("ptrace", [] { ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr); });
    dies_of("openat", [] { ::open("/etc/passwd", O_RDONLY | O_CLOEXEC); });
    dies_of("openat", [] { ::open("/etc/passwd", O_RDWR | O_CLOEXEC); });
    dies_of("unlink", [] { ::unlink("/nowhere"); });
    dies_of("kill", [self = ::getpid()] { ::kill(self, SIGTERM); });
    dies_of("setuid", [] { static_cast<void>(::setuid(0)); });
    dies_of("socket", [] { ::socket(AF_NETLINK, SOCK_RAW, 0); });
    dies_of("bind", [] {
        const auto address = *Address::ip("127.0.0.1", 0);
        const Fd socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
        ::bind(socket.get(), address.data(), address.length());
    });
}

BOOST_AUTO_TEST_CASE(no_page_becomes_code, *boost::unit_test::precondition(can_be_strict)) {
    dies_of("mmap", [] { ::mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); });
    void* const page = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    dies_of("mprotect", [page] { ::mprotect(page, 4096, PROT_READ | PROT_EXEC); });
    ::munmap(page, 4096);
}

BOOST_AUTO_TEST_CASE(a_limit_is_read_and_not_set, *boost::unit_test::precondition(can_be_strict)) {
    dies_of("prlimit64", [] {
        const rlimit none{};
        ::setrlimit(RLIMIT_NOFILE, &none);
    });
    BOOST_TEST(end_of([] {
                   rlimit limit{};
                   return ::getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur > 0;
               }).went_well());
}

BOOST_AUTO_TEST_CASE(nobody_takes_the_handler_away, *boost::unit_test::precondition(can_be_strict)) {
    dies_of("rt_sigaction", [] { ::signal(SIGSYS, SIG_IGN); });
    const End end = end_of([] {
        sigset_t all;
        ::sigfillset(&all);
        ::sigprocmask(SIG_BLOCK, &all, nullptr);
        ::fork();
        return true;
    });
    BOOST_TEST(end.was_killed_by(SIGSYS));
}

BOOST_AUTO_TEST_CASE(a_failed_assertion_still_ends_as_one, *boost::unit_test::precondition(can_be_strict)) {
    BOOST_TEST(end_of([]() -> bool { std::abort(); }).was_killed_by(SIGABRT));
}

BOOST_AUTO_TEST_CASE(a_worker_can_do_all_that_serving_takes, *boost::unit_test::precondition(can_be_strict)) {
    struct Nobody : SignalHandler {
        void on_signal(int, pid_t) noexcept override {}
    } nobody;
    const auto loop = std::move(*EventLoop::create());
    auto links = std::move(*make_worker_channel());
    const End end = end_of([&] {
        const bool talks = connects_to(server.address) &&
                           Fd{::accept4(server.socket.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)};
        WorkerOrder order{WorkerOrder::Kind::take_over};
        Fd passed;
        const bool passes = send_order(links.master.get(), order, server.socket.get()) &&
                            receive_order(links.worker.get(), order, passed) == ChannelState::message &&
                            passed;
        std::vector<char> memory(64U << 20U, 'x');
        const bool grows = memory.back() == 'x';
        memory = {};
        trim_heap();
        const auto signals = SignalSource::create(*loop, {SIGINT}, nobody);
        loop->turn(Duration{0});
        return talks && passes && grows && signals && tls::sha256({"x"}) != tls::sha256({"y"});
    });
    BOOST_TEST(end.went_well(), "status " << end.status << " " << end.forbidden_call);
}

BOOST_AUTO_TEST_CASE(a_log_is_made_anew_when_it_has_been_rotated,
                     *boost::unit_test::precondition(can_be_strict)) {
    auto log = std::move(*LogOutput::open(config.logging.output));
    const End end = end_of([&] {
        log.write("before\n");
        if (!log.reopen()) return false;
        log.write("after\n");
        return true;
    });
    BOOST_TEST(end.went_well(), end.forbidden_call);
    BOOST_TEST(folder.read("logs/error.log") == "before\nafter\n");
    fs::rename(config.logging.output, config.logging.output + ".1");
    BOOST_TEST(end_of([&] { return log.reopen().has_value(); }).went_well());
    BOOST_TEST(fs::exists(config.logging.output));
}

BOOST_AUTO_TEST_CASE(a_log_behind_a_link_is_found_where_it_is,
                     *boost::unit_test::precondition(has_landlock)) {
    fs::create_directory(folder.path() / "elsewhere");
    const Fd file{::open(folder.file("elsewhere/error.log").c_str(), log_file_flags, log_file_mode)};
    fs::create_symlink(folder.file("elsewhere/error.log"), config.logging.output);
    auto log = std::move(*LogOutput::open(config.logging.output));
    BOOST_TEST(end_of([&] { return log.reopen().has_value(); }).went_well());
}

BOOST_AUTO_TEST_CASE(no_file_but_the_logs_is_written, *boost::unit_test::precondition(has_landlock)) {
    const std::string other = folder.file("other");
    const End end =
        end_of([&] { return ::open(other.c_str(), log_file_flags, log_file_mode) < 0 && errno == EACCES; });
    BOOST_TEST(end.went_well(), end.forbidden_call);
    BOOST_TEST(!fs::exists(other));
}

BOOST_AUTO_TEST_CASE(no_port_but_the_upstreams_is_connected_to,
                     *boost::unit_test::precondition(landlock_knows_ports)) {
    const auto stranger = listen_on_a_free_port();
    const End end = end_of([&] { return !connects_to(stranger.address) && errno == EACCES; });
    BOOST_TEST(end.went_well(), end.forbidden_call);
    BOOST_TEST(end_of([&] { return connects_to(server.address); }).went_well());
}

BOOST_AUTO_TEST_CASE(a_build_with_a_sanitizer_keeps_to_basic) {
    BOOST_TEST((possible_sandbox(config::Sandbox::strict) ==
                (is_sanitized ? config::Sandbox::basic : config::Sandbox::strict)));
    BOOST_TEST((possible_sandbox(config::Sandbox::basic) == config::Sandbox::basic));
    BOOST_TEST((possible_sandbox(config::Sandbox::off) == config::Sandbox::off));
}

BOOST_AUTO_TEST_CASE(the_master_names_the_call_and_starts_another_worker,
                     *boost::unit_test::precondition(can_be_strict)) {
    struct LogsToFile {
        explicit LogsToFile(const config::Logging& logging) { log::configure(logging, "test"); }
        ~LogsToFile() { log::configure(config::Logging{}, "test"); }
    } logs{config.logging};
    WorkerSetMaster master;
    master.sandbox = config::Sandbox::strict;
    master.start(
        [](const WorkerContext& context) -> std::unique_ptr<Service> {
            return std::make_unique<EscapingService>(context);
        },
        1);
    master.until([&] { return master.ready == 1; });
    master.set->accept();
    master.until([&] { return !master.lost.empty(); });
    BOOST_TEST((End{master.lost.front(), ""}).was_killed_by(SIGSYS));
    BOOST_TEST(folder.read("logs/error.log").find("worker.forbidden_call generation=7 worker=0") !=
               std::string::npos);
    BOOST_TEST(folder.read("logs/error.log").find("system_call=execve") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
