/// Wires the program together: the only file of `server/` that looks up to `upgrade/` and `proxy/`.
#include "config/quantity.h"
#include "proxy/demo/demo.h"
#include "proxy/hand_over/parcel_kinds.h"
#include "proxy/proxy_service.h"
#include "server/admin/commands.h"
#include "server/admin/program_path.h"
#include "server/admin/socket_path.h"
#include "server/process/supervisor.h"
#include "server/tls/freed_memory.h"
#include "upgrade/run_master.h"

#include <fcntl.h>
#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <string>
#include <vector>

namespace {

using baton::admin::Command;
using baton::admin::Invocation;

int usage_mistake(const std::string& text) {
    std::fprintf(stderr, "baton: %s\n", text.c_str());
    return EX_USAGE;
}

/// Whether this process must outlive every upgrade, because somebody waits for its end.
bool needs_supervisor(const Invocation& invocation) {
    return ::getpid() == 1 || invocation.has("--supervise");
}

int run(const Invocation& invocation, const std::vector<std::string>& arguments) {
    if (needs_supervisor(invocation))
        return baton::supervise([&arguments] { return baton::execute_as_master(arguments); });
    baton::upgrade::RunOptions options;
    options.parcel_kinds = baton::hand_over::kinds_of_this_build;
    options.config_file = baton::admin::config_file(invocation);
    options.arguments = arguments;
    options.executable = baton::admin::program_path(arguments.front());
    options.admin_socket = baton::admin::chosen_socket(invocation);
    return baton::upgrade::run_master(options, &baton::make_proxy_service);
}

/// Reads a flag of `baton demo` into `number`; false when it is not within 0 … `most`.
template <class Number>
bool read_number(const Invocation& invocation, std::string_view flag, std::int64_t most, Number& number) {
    const auto text = invocation.value(flag);
    if (!text) return true;
    const auto value = baton::config::parse_integer(*text);
    if (!value || *value < 0 || *value > most) return false;
    number = static_cast<Number>(*value);
    return true;
}

int demo(const Invocation& invocation) {
    using baton::demo::Afterwards;
    using baton::demo::Output;
    baton::demo::Options options;
    if (!read_number(invocation, "--upgrades", 100, options.upgrades))
        return usage_mistake("--upgrades: 0 to 100");
    if (!read_number(invocation, "--websockets", 10'000, options.websockets)) {
        return usage_mistake("--websockets: 0 to 10000");
    }
    if (!read_number(invocation, "--streams", 10'000, options.streams))
        return usage_mistake("--streams: 0 to 10000");
    if (!read_number(invocation, "--port", 65'535, options.port)) return usage_mistake("--port: 0 to 65535");
    if (const auto text = invocation.value("--duration")) {
        const auto duration = baton::config::parse_duration(*text);
        if (!duration || *duration < std::chrono::seconds{1}) return usage_mistake("--duration: at least 1s");
        options.duration = std::chrono::duration_cast<std::chrono::seconds>(*duration);
    }
    if (invocation.has("--exit")) options.afterwards = Afterwards::exit;
    if (invocation.wants_json()) options.output = Output::json;
    return baton::demo::run(options);
}

/// The first descriptors that are opened must not become what the program takes for its standard streams.
void occupy_standard_descriptors() {
    int opened = 0;
    while ((opened = ::open("/dev/null", O_RDWR)) >= 0 && opened <= STDERR_FILENO) continue;
    if (opened > STDERR_FILENO) ::close(opened);
}

}  // namespace

int main(int count, char** values) {
    occupy_standard_descriptors();
    baton::tls::prepare_to_wipe_freed_memory();
    // A log or a command whose reader has gone is an error of that write, not the end of the process.
    std::signal(SIGPIPE, SIG_IGN);
    std::vector<std::string> arguments(values, values + count);
    if (arguments.empty()) arguments.emplace_back("baton");
    const auto invocation = baton::admin::parse_command_line(std::span(arguments).subspan(1));
    if (!invocation) return usage_mistake(invocation.error().text);
    switch (invocation->command) {
        case Command::run: return run(*invocation, arguments);
        case Command::demo: return demo(*invocation);
        case Command::check: return baton::admin::check_command(*invocation);
        case Command::reload:
        case Command::upgrade:
        case Command::rollback:
        case Command::status:
        case Command::stop:
        case Command::quit:
        case Command::reopen: return baton::admin::order_command(*invocation);
        case Command::config: return baton::admin::config_command(*invocation);
        case Command::version: return baton::admin::version_command(*invocation);
        case Command::help: return baton::admin::help_command(*invocation);
    }
    return EX_SOFTWARE;
}
