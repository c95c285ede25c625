#include "server/admin/command_table.h"

#include <algorithm>

namespace baton::admin {
namespace {

constexpr FlagRule globals[] = {
    {"--config", "-c", "FILE", "configuration file (default $BATON_CONFIG, /etc/baton/baton.yaml)"},
    {"--socket", "", "PATH", "admin socket (default $BATON_SOCKET, admin.socket of the configuration)"},
    {"--timeout", "", "DURATION", "give up waiting for the running instance after this: 30s, 5m"},
    {"--json", "", "", "print JSON"},
    {"--quiet", "-q", "", "print errors only"},
    {"--no-color", "", "", "no colours, not even on a terminal"},
    {"--help", "-h", "", "show help"},
    {"--version", "", "", "show the version"},
};

constexpr FlagRule run_flags[] = {
    {"--supervise", "", "", "stay above the masters through every upgrade; so it is anyway as PID 1"},
};
constexpr FlagRule check_flags[] = {
    {"--strict", "", "", "exit 1 on warnings"},
    {"--format", "", "text|json|gcc|github", "how findings are printed (default text)"},
    {"--explain", "", "CODE", "explain the code of a finding, as E-UNIT"},
    {"--dump", "", "", "also print the effective configuration"},
};
constexpr FlagRule reload_flags[] = {
    {"--no-wait", "", "", "return as soon as the order has been taken"},
    {"--wait", "", "", "return when the old generation is gone, as on a terminal"},
};
constexpr FlagRule upgrade_flags[] = {
    {"--binary", "", "PATH", "start this program (default upgrade.binary, else the path that runs now)"},
    {"--check", "", "", "preflight only: would the new program accept the configuration?"},
    {"--canary", "", "SHARES", "of new connections, before it gets the others: 10% or 10%,50%"},
    {"--for", "", "DURATION", "each share of a canary lasts this long at least (upgrade.canary.for)"},
    {"--max-error-rate", "", "PERCENT", "more 5xx, above the predecessor's own, ends a trial: 0.5%"},
    {"--max-p99", "", "PERCENT", "so much more latency than the predecessor's ends a trial: +20%"},
    {"--commit", "", "", "start nothing: keep the successor that is on trial, at once"},
    {"--no-rollback", "", "", "keep the successor however it does on trial"},
    {"--drain-timeout", "", "DURATION", "in the place of drain.timeout, for what cannot move"},
    {"--detach", "", "", "return when the successor serves, if only on trial"},
    {"--wait", "", "", "return when the old generation is gone, as on a terminal"},
};
constexpr FlagRule rollback_flags[] = {
    {"--detach", "", "", "return when the successor serves"},
    {"--wait", "", "", "return when the old generation is gone, as on a terminal"},
};
constexpr FlagRule status_flags[] = {
    {"--exit-code", "", "", "0 healthy, 1 degraded, 69 down"},
};
constexpr FlagRule stop_flags[] = {
    {"--now", "", "", "close everything at once"},
    {"--wait", "", "", "return when the process has ended"},
};
constexpr FlagRule quit_flags[] = {
    {"--wait", "", "", "return when the process has ended"},
};
constexpr FlagRule demo_flags[] = {
    {"--upgrades", "", "N", "binary upgrades under load (default 3)"},
    {"--websockets", "", "N", "WebSockets held open over all of them (default 200)"},
    {"--streams", "", "N", "event streams held open over all of them (default 20)"},
    {"--duration", "", "DURATION", "length of the load (default 10s)"},
    {"--port", "", "N", "loopback port of the proxy (default: a free one)"},
    {"--exit", "", "", "end after the load instead of staying up"},
};

// Each piece of a text below is one line of the help.
// clang-format off
constexpr CommandRule commands[] = {
    {Command::run, "run", "", 0, "serve in the foreground",
     "Starts a master and its workers and stays until it is told to stop. Signals: HUP reload, USR2 upgrade,\n"
     "USR1 reopen the logs, QUIT finish within drain.timeout, TERM within drain.stop_timeout (a second TERM:\n"
     "at once), INT at once, WINCH accept no more.\n",
     run_flags},
    {Command::check, "check", "[FILE]", 1, "check the configuration; binds nothing",
     "Prints every mistake with its place. Exits 0 when there is none, 78 on errors, 1 on warnings with --strict.\n",
     check_flags},
    {Command::reload, "reload", "", 0,
     "let the running instance read its configuration anew, and wait for the verdict",
     "Exits 0 when the new configuration serves; 78 when it has mistakes, and then nothing has changed.\n"
     "On a terminal the drain of the old generation is shown as well: q leaves it to itself.\n",
     reload_flags},
    {Command::upgrade, "upgrade", "", 0,
     "replace the running program by another binary without losing a connection",
     "Exits 0 when the new generation serves and upgrade.confirm_window is over; 1 when it was rolled back, 78\n"
     "when it refuses the configuration; then the present generation goes on and nothing has changed. Exits 75\n"
     "when --timeout passed first.\n\n"
     "On a terminal everything is shown as it goes, up to the end of the old generation. Keys: q leaves it to\n"
     "itself, r rolls back, f keeps a successor on trial at once, and later closes what still drains. Ctrl-C ends\n"
     "the command, not the upgrade. With --json every step is an event, one object a line.\n",
     upgrade_flags},
    {Command::rollback, "rollback", "", 0, "back to the program that the last upgrade replaced",
     "An upgrade in the other direction: the file that ran before is kept open, so that it need not be on disk any\n"
     "more, and reads the configuration as it is now. On probation the generation that stands by takes everything\n"
     "back at once. Every live connection goes along. Exits like `upgrade`, and 1 when no upgrade has been made.\n",
     rollback_flags},
    {Command::status, "status", "", 0, "generations, processes and connections of the running instance", "",
     status_flags},
    {Command::stop, "stop", "", 0, "finish what runs within drain.stop_timeout and end", "", stop_flags},
    {Command::quit, "quit", "", 0, "finish what runs within drain.timeout and end", "", quit_flags},
    {Command::reopen, "reopen", "", 0, "reopen the log files of all generations", "", {}},
    {Command::version, "version", "", 0, "print the version", "", {}},
    {Command::config,
     "config",
     "schema|dump|reference",
     1,
     "print the JSON Schema, the effective configuration or the reference",
     "",
     {}},
    {Command::demo, "demo", "", 0, "show three binary upgrades under load on this machine", "", demo_flags},
    {Command::help, "help", "[COMMAND]", 1, "show help", "", {}},
};
// clang-format on

void append_row(std::string& text, std::string left, std::string_view right) {
    constexpr std::size_t column = 30;
    left.insert(0, "  ");
    if (left.size() + 2 > column) {
        text.append(left).append("\n").append(column, ' ');
    } else {
        text.append(left).append(column - left.size(), ' ');
    }
    text.append(right).append("\n");
}

void append_flags(std::string& text, std::span<const FlagRule> flags) {
    for (const FlagRule& flag : flags) {
        std::string left(flag.letter);
        if (!left.empty()) left += ", ";
        left += flag.name;
        if (!flag.argument.empty()) left.append(" ").append(flag.argument);
        append_row(text, left, flag.help);
    }
}

}  // namespace

std::span<const CommandRule> command_rules() {
    return commands;
}

std::span<const FlagRule> global_flags() {
    return globals;
}

const CommandRule& rule_of(Command command) {
    return *std::find_if(std::begin(commands), std::end(commands),
                         [&](const auto& rule) { return rule.id == command; });
}

const CommandRule* find_command(std::string_view name) {
    const auto* const found = std::find_if(std::begin(commands), std::end(commands),
                                           [&](const auto& rule) { return rule.name == name; });
    return found == std::end(commands) ? nullptr : found;
}

std::string help_text() {
    std::string text =
        "Baton is an edge reverse proxy that replaces itself without dropping a connection.\n\n"
        "Usage: baton [GLOBAL] COMMAND [ARGUMENTS]\n\nCommands:\n";
    for (const CommandRule& command : commands) {
        std::string left(command.name);
        if (!command.operands.empty()) left.append(" ").append(command.operands);
        append_row(text, left, command.help);
    }
    text += "\nGlobal, before or after the command:\n";
    append_flags(text, globals);
    text += "\nAs with nginx:\n";
    append_row(text, "-t", "check");
    append_row(text, "-T", "check --dump");
    append_row(text, "-v, -V", "version");
    append_row(text, "-s reload|upgrade|quit|stop|reopen",
               "the command of that name; it waits for the verdict");
    text +=
        "\nExit codes: 0 ok, 1 failed, 64 usage, 69 no running instance, 70 internal error, 73 cannot create "
        "a file,\n"
        "75 not finished in time, 77 not allowed, 78 configuration.\n";
    return text;
}

std::string help_text(const CommandRule& command) {
    std::string text = "baton ";
    text.append(command.name)
        .append(": ")
        .append(command.help)
        .append("\n\nUsage: baton ")
        .append(command.name);
    if (!command.operands.empty()) text.append(" ").append(command.operands);
    if (!command.flags.empty()) text += " [FLAGS]";
    text += "\n";
    if (!command.more.empty()) text.append("\n").append(command.more);
    if (!command.flags.empty()) {
        text += "\nFlags:\n";
        append_flags(text, command.flags);
    }
    text += "\nGlobal:\n";
    append_flags(text, globals);
    return text;
}

}  // namespace baton::admin
