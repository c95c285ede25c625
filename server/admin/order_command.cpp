#include "config/quantity.h"
#include "server/admin/canary_order.h"
#include "server/admin/commands.h"
#include "server/admin/control_client.h"
#include "server/admin/progress/follow.h"
#include "server/admin/socket_path.h"

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <memory>

namespace baton::admin {
namespace {

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

/// When the command is done. A terminal shows the drain as well; a script wants the verdict.
Until end_of(const Invocation& invocation, bool is_live) {
    if (invocation.has("--no-wait")) return Until::taken;
    if (invocation.has("--detach")) return Until::serving;
    return is_live || invocation.has("--wait") ? Until::ended : Until::verdict;
}

OrderOptions options_of(const Invocation& invocation, bool is_live) {
    return {admin_socket(invocation), timeout(invocation), end_of(invocation, is_live)};
}

bool is_replacement(const Request& request) {
    switch (request.verb) {
        case Verb::reload:
        case Verb::rollback: return true;
        case Verb::upgrade: return !request.upgrade.check_only && !request.upgrade.commit;
        case Verb::finish:
        case Verb::stop:
        case Verb::reopen:
        case Verb::stop_accepting:
        case Verb::status: break;
    }
    return false;
}

std::unique_ptr<Presenter> presenter_for(const Invocation& invocation, bool is_live) {
    if (is_live) {
        const bool colours = !invocation.has("--no-color") && Terminal::may_have_colours();
        return std::make_unique<TerminalPresenter>(colours ? Colours::ansi : Colours::none);
    }
    if (invocation.wants_json()) return std::make_unique<EventPresenter>();
    return std::make_unique<LinePresenter>(invocation.is_quiet());
}

/// `reload`, `upgrade`, `rollback`: with all that leads to the end.
int replace(Invocation invocation) {
    const bool is_live = Terminal::is_there() && !invocation.wants_json() && !invocation.is_quiet();
    for (;;) {
        FollowOptions options;
        options.order = options_of(invocation, is_live);
        options.what = rule_of(invocation.command).name;
        options.is_live = is_live;
        if (is_live) options.look_interval = std::chrono::milliseconds{500};
        if (invocation.wants_json() || invocation.has("--wait"))
            options.look_interval = std::chrono::seconds{1};
        auto presenter = presenter_for(invocation, is_live);
        const Followed followed = follow(options, request_of(invocation), *presenter);
        presenter.reset();
        if (!followed.complaint.empty()) print(stderr, "baton: " + followed.complaint);
        if (followed.killed_by_signal != 0) std::raise(followed.killed_by_signal);
        if (!followed.roll_back) return followed.exit_code;
        invocation.command = Command::rollback;
        invocation.flags.erase("--detach");
    }
}

void show(const Invocation& invocation, const Verdict& verdict) {
    if (!invocation.wants_json()) return LinePresenter(invocation.is_quiet()).on_verdict(verdict);
    EventPresenter().on_verdict(verdict);
}

/// Degraded is a state to show, and a failure only to who asks for it.
int show_status(const Invocation& invocation, Verdict status) {
    const bool degraded = status.exit_code == 1;
    if (degraded) status.exit_code = 0;
    show(invocation, status);
    return degraded && invocation.has("--exit-code") ? 1 : status.exit_code;
}

}  // namespace

int order_command(const Invocation& invocation) {
    const Request request = request_of(invocation);
    if (is_replacement(request)) return replace(invocation);
    const bool is_status = invocation.command == Command::status;
    const OrderOutcome outcome = give_order(options_of(invocation, false), request, [&](const Verdict& step) {
        if (!invocation.wants_json()) return LinePresenter(invocation.is_quiet()).on_step(step);
        EventPresenter().on_step(step);
    });
    if (!outcome.verdict) {
        // A health check wants the exit code, not a line a second in a container's log.
        if (outcome.exit_code != 0 && !(is_status && invocation.is_quiet()))
            print(stderr, "baton: " + outcome.complaint);
        return outcome.exit_code;
    }
    if (is_status) return show_status(invocation, *outcome.verdict);
    show(invocation, *outcome.verdict);
    return outcome.verdict->exit_code;
}

}  // namespace baton::admin
