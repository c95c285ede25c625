#include "upgrade/successor_process.h"

#include "upgrade/inherit.h"
#include "upgrade/links.h"

#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace baton::upgrade {
namespace {

/// Between the hang-up of a process that dies and the report of its exit status.
constexpr Duration time_to_die = std::chrono::milliseconds{50};

template <class... Handlers>
struct Overloaded : Handlers... {
    using Handlers::operator()...;
};
template <class... Handlers>
Overloaded(Handlers...) -> Overloaded<Handlers...>;

}  // namespace

SuccessorProcess::SuccessorProcess(EventLoop& loop, ChildReaper& reaper, const FirstStart& first_start,
                                   SuccessorPlan plan, SuccessorObserver& observer)
    : loop_(loop),
      reaper_(reaper),
      first_start_(first_start),
      plan_(std::move(plan)),
      observer_(observer),
      silence_(Timer::calling<&SuccessorProcess::on_silence>(loop.timers(), *this)) {}

SuccessorProcess::~SuccessorProcess() {
    if (running_) reaper_.forget(pid_);
    if (!channel_) return;
    channel_->close();  // it may be in the middle of a message, and must not tell us of another
    loop_.destroy_later(std::move(channel_));
}

void SuccessorProcess::preflight() {
    if (!plan_.program) {
        auto program = Program::open(plan_.binary);
        if (!program) return fail(1, program.error());
        plan_.program = std::move(*program);
    }
    if (plan_.preflight_arguments.empty()) return observer_.on_preflight_passed();
    checker_ = std::make_unique<Checker>(loop_, reaper_, static_cast<CheckerHandler&>(*this));
    const auto started = checker_->start([this] {
        const int error = execute(*plan_.program, plan_.preflight_arguments, first_start_, {});
        const std::string text = "cannot be executed: " + std::string(std::strerror(error)) + "\n";
        [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text.data(), text.size());
        return EX_NOINPUT;
    });
    if (!started)
        fail(1, std::string("cannot start the preflight: ") + std::strerror(started.error().os_error));
}

void SuccessorProcess::on_checked(int status, const std::string& output) {
    if (over_) return;
    if (WIFEXITED(status) && WEXITSTATUS(status) == EX_OK) return observer_.on_preflight_passed();
    const bool refused = WIFEXITED(status) && WEXITSTATUS(status) == EX_CONFIG;
    const std::string end = plan_.binary + " " + describe_exit(status) + " when it checked the configuration";
    fail(refused ? EX_CONFIG : 1, output.empty() ? end : end + "\n" + output);
}

void SuccessorProcess::spawn() {
    auto ends = ControlChannel::make_pair();
    if (!ends)
        return fail(EX_OSERR,
                    std::string("cannot make the control socket: ") + std::strerror(ends.error().os_error));
    const pid_t child = ::fork();
    if (child == 0) become_successor(std::move(ends->second));
    if (child < 0) return fail(EX_OSERR, std::string("cannot fork: ") + std::strerror(errno));
    pid_ = child;
    running_ = true;
    reaper_.watch(child, *this);
    ends->second.reset();
    channel_ = std::make_unique<ControlChannel>(loop_, std::move(ends->first),
                                                static_cast<ControlChannelHandler&>(*this));
    if (auto started = channel_->start(); !started) return fail(EX_OSERR, "cannot watch the control socket");
    channel_->send(plan_.hello);
    observer_.on_spawned();
}

void SuccessorProcess::become_successor(Fd control) {
    auto descriptors = plan_.descriptors;
    descriptors.push_back({std::string(control_name), control.get()});
    const int error = execute(*plan_.program, first_start_.arguments, first_start_, descriptors);
    // The sockets have been moved: the control socket is the last of those that were passed.
    const std::string report =
        encode(Failed{EX_NOINPUT, std::string("cannot be executed: ") + std::strerror(error)});
    const int moved = first_inherited_descriptor + static_cast<int>(descriptors.size()) - 1;
    ::send(moved, report.data(), report.size(), MSG_NOSIGNAL);
    ::_exit(EX_NOINPUT);
}

void SuccessorProcess::commit(const Commit& terms) {
    on_trial_ = terms.on_trial;
    channel_->send(terms, plan_.elders ? plan_.elders() : std::vector<Fd>{});
}

void SuccessorProcess::take_share(std::uint16_t share) {
    channel_->send(Share{share});
}

void SuccessorProcess::end_trial() {
    on_trial_ = false;
    channel_->send(TrialOver{});
}

void SuccessorProcess::abandon() {
    over_ = true;
    silence_.disarm();
    if (running_) ::kill(pid_, SIGKILL);  // reaped without us
    if (channel_) channel_->close();
    if (checker_) loop_.destroy_later(std::move(checker_));
}

void SuccessorProcess::take_over(std::vector<Fd> links) {
    send_links(*channel_, plan_.hello.generation, std::move(links));
}

void SuccessorProcess::give_back(std::vector<Fd> links) {
    over_ = true;
    send_return(*channel_, plan_.hello.generation, std::move(links));
}

std::string SuccessorProcess::name() const {
    return pid_ == 0 ? plan_.binary : "master " + std::to_string(pid_);
}

void SuccessorProcess::on_message(ControlChannel&, const ControlMessage& message, std::vector<Fd>&) {
    if (over_) return;
    const auto unexpected = [this] { fail(1, name() + " said something out of turn"); };
    const auto order = [&] { on_trial_&& plan_.on_order ? plan_.on_order(message) : unexpected(); };
    std::visit(Overloaded{[this](const Hello& hello) { hear(hello); },
                          [this](const Ready& ready) {
                              generation_ = ready.generation;
                              workers_ = ready.workers;
                              observer_.on_ready();
                          },
                          [this](const Accepting&) { observer_.on_accepting(); },
                          [this](const Failed& failed) {
                              fail(failed.exit_code == EX_CONFIG ? EX_CONFIG : 1, failed.reason);
                          },
                          [&](const Commit&) { unexpected(); }, [&](const HandOver&) { unexpected(); },
                          [&](const TrialOver&) { unexpected(); }, [&](const Return&) { unexpected(); },
                          [&](const Share&) { unexpected(); }, [&](const Estate&) { unexpected(); },
                          [&](const Stop&) { order(); }, [&](const Reopen&) { order(); },
                          [&](const Invite&) { order(); }, [&](const Decide&) { order(); }},
               message);
}

void SuccessorProcess::hear(const Hello& hello) {
    if (hello_) return fail(1, name() + " said HELLO twice");
    if (common_protocol(plan_.hello, hello) == 0)
        return fail(1, "version " + hello.version + " speaks protocol " + std::to_string(hello.lowest) +
                           " to " + std::to_string(hello.highest) + ", this one " +
                           std::to_string(plan_.hello.lowest) + " to " + std::to_string(plan_.hello.highest));
    hello_ = hello;
    observer_.on_hello();
}

void SuccessorProcess::on_channel_lost(ControlChannel&, Reason reason) {
    if (over_) return;
    if (reason != Reason::closed) return fail(1, name() + " broke the control protocol");
    silence_.arm(time_to_die);
}

void SuccessorProcess::on_silence() {
    fail(1, name() + " closed its control socket");
}

void SuccessorProcess::on_exit(pid_t, int status) noexcept {
    running_ = false;
    if (channel_) channel_->receive_now();  // its last words come first
    const char* const when = on_trial_ ? " on probation" : hello_ ? " before it was ready" : " before HELLO";
    fail(1, name() + " " + describe_exit(status) + when);
}

void SuccessorProcess::fail(int exit_code, const std::string& reason) {
    if (over_) return;
    over_ = true;
    observer_.on_failed(exit_code, reason);
}

}  // namespace baton::upgrade
