#include "config/quantity.h"
#include "server/admin/canary_order.h"
#include "server/admin/commands.h"
#include "server/admin/control_client.h"
#include "server/admin/socket_path.h"

#include <sysexits.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>

namespace baton::admin {
namespace {

void print(std::FILE* to, std::string_view text) {
    if (text.empty()) return;
    std::fwrite(text.data(), 1, text.size(), to);
    if (text.back() != '\n') std::fputc('\n', to);
    std::fflush(to);
}

Request request_of(const Invocation& invocation) {
    Request request;
    switch (invocation.command) {
        case Command::reload: request.verb = Verb::reload; break;
        case Command::upgrade:
            request.verb = Verb::upgrade;
            request.upgrade.check_only = invocation.has("--check");
            request.upgrade.commit = invocation.has("--commit");
            request.upgrade.no_rollback = invocation.has("--no-rollback");
            // Both have been checked.
            request.upgrade.canary = read_canary_flags(invocation).value_or(CanaryOrder{});
            if (const auto time = invocation.value("--drain-timeout"))
                request.upgrade.drain_timeout = config::parse_duration(*time).value();
            if (const auto binary = invocation.value("--binary")) {
                request.upgrade.binary = std::filesystem::absolute(*binary).lexically_normal().string();
            }
            break;
        case Command::rollback: request.verb = Verb::rollback; break;
        case Command::stop:
            request.verb = Verb::stop;
            request.stop_mode = invocation.has("--now") ? StopMode::now : StopMode::bounded;
            break;
        case Command::quit:
            request.verb = Verb::stop;
            request.stop_mode = StopMode::graceful;
            break;
        case Command::reopen: request.verb = Verb::reopen; break;
        case Command::status:
        case Command::run:
        case Command::check:
        case Command::version:
        case Command::config:
        case Command::demo:
        case Command::help: request.verb = Verb::status; break;
    }
    return request;
}

/// Steps and verdict of an order as its caller wants to see them.
class Report {
public:
    explicit Report(const Invocation& invocation)
        : json_(invocation.wants_json()),
          quiet_(invocation.is_quiet()),
          marks_(::isatty(STDOUT_FILENO) == 1) {}

    void step(const Verdict& step) const {
        if (json_) return print(stdout, step.json);
        if (!quiet_) print(stdout, marks_ && !step.text.empty() ? " ✔ " + step.text : step.text);
    }
    void verdict(const Verdict& verdict) const {
        if (json_) return print(stdout, verdict.json);
        if (verdict.exit_code == 0) {
            if (!quiet_) print(stdout, verdict.text);
            return;
        }
        std::fflush(stdout);
        print(stderr, ::isatty(STDERR_FILENO) == 1 && marks_ ? " ✘ " + verdict.text : verdict.text);
    }
    void complaint(int exit_code, const std::string& text) const {
        if (exit_code != 0) print(stderr, "baton: " + text);
    }

private:
    bool json_, quiet_, marks_;
};

}  // namespace

int order_command(const Invocation& invocation) {
    OrderOptions options;
    options.socket = admin_socket(invocation);
    options.timeout = timeout(invocation);
    options.detach = invocation.has("--detach") || invocation.has("--no-wait");
    options.wait_for_end = invocation.has("--wait");
    const Report report(invocation);
    const bool is_status = invocation.command == Command::status;
    const OrderOutcome outcome =
        give_order(options, request_of(invocation), [&](const Verdict& step) { report.step(step); });
    if (!outcome.verdict) {
        // A health check wants the exit code, not a line a second in a container's log.
        if (!is_status || !invocation.is_quiet()) report.complaint(outcome.exit_code, outcome.complaint);
        return outcome.exit_code;
    }
    Verdict verdict = *outcome.verdict;
    if (is_status && verdict.exit_code == 1) {
        // Degraded is a state to show, and a failure only to who asks for it.
        verdict.exit_code = 0;
        report.verdict(verdict);
        return invocation.has("--exit-code") ? 1 : 0;
    }
    report.verdict(verdict);
    return verdict.exit_code;
}

}  // namespace baton::admin
