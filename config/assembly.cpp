#include "config/assembly.h"

#include "config/address_text.h"
#include "config/cpu_count.h"
#include "config/keys.h"
#include "config/read_file.h"

#include <sys/resource.h>
#include <unistd.h>

#include <charconv>

namespace baton::config {
namespace {

constexpr std::string_view syslog_over_udp = "syslog:udp:";
constexpr std::uint64_t spare_descriptors = 512;  // listeners, logs, epoll, control channels

int system_backlog() {
    const auto file = read_file("/proc/sys/net/core/somaxconn", 64);
    int value = 0;
    if (!file ||
        std::from_chars(file->text.data(), file->text.data() + file->text.size(), value).ec != std::errc{})
        return INT32_MAX;
    return value;
}

}  // namespace

const Node* value_at(const Node* block, std::string_view key) {
    if (block == nullptr) return nullptr;
    const MapEntry* entry = block->find(key);
    return entry == nullptr ? nullptr : entry->value.get();
}

void Assembly::run() {
    complete_paths();
    bind_upstreams();
    bind_listeners();
    bind_hosts();
    check_unused_upstreams();
    resolve_tls();
    if (draft_.config.process.workers == 0) draft_.config.process.workers = allowed_cpus();
    check_sandbox();
    check_machine();
    for (ListenerDraft& draft : listeners_) draft_.config.listeners.push_back(std::move(draft.listener));
    for (auto& [name, draft] : upstreams_) draft_.config.upstreams.emplace(name, std::move(draft.upstream));
    for (HostDraft& host : hosts_) {
        for (RouteDraft& route : host.route_drafts) host.host.routes.push_back(std::move(route.route));
        draft_.config.hosts.push_back(std::move(host.host));
    }
}

void Assembly::apply(const Held& held, const Block& owner, std::string_view key, void* out) {
    if (held.node == nullptr) return;
    const Key* row = owner.find(key);
    binder_.set_path(held.path);
    binder_.bind(*row->block, *held.node, out, row);
    binder_.set_path({});
}

void Assembly::complete_paths() {
    Config& config = draft_.config;
    if (config.process.pid_file.empty()) config.process.pid_file = config.process.runtime_dir + "/baton.pid";
    if (config.admin.socket.empty()) config.admin.socket = config.process.runtime_dir + "/admin.sock";
    const auto good = check_socket_path(config.admin.socket);
    if (good) return;
    const Node* socket = value_at(value_at(draft_.root, "admin"), "socket");
    const Node* directory = value_at(value_at(draft_.root, "process"), "runtime_dir");
    const Node* culprit = socket != nullptr ? socket : directory;
    if (culprit == nullptr) return;
    binder_.set_path(socket != nullptr ? "admin.socket" : "process.runtime_dir");
    binder_.error(good.error().code, *culprit, good.error().message);
    binder_.set_path({});
}

// USR1 makes workers connect to syslog again, and looking a name up takes files and calls that they have
// given up.
void Assembly::check_sandbox() {
    if (draft_.config.process.sandbox != Sandbox::strict) return;
    const Node* const logging = value_at(draft_.root, "logging");
    const Node* const access = value_at(logging, "access");
    for (const Node* const output : {value_at(logging, "output"), value_at(access, "output")}) {
        if (output == nullptr || !output->text.starts_with(syslog_over_udp)) continue;
        const std::string address = output->text.substr(syslog_over_udp.size());
        auto endpoint = parse_endpoint_address(address);
        if (!endpoint) endpoint = parse_endpoint_address(address + ":514");
        if (endpoint && is_numeric_host(endpoint->host)) continue;
        binder_.set_path(output == value_at(logging, "output") ? "logging.output" : "logging.access.output");
        binder_.error("E-CONFLICT", *output, "a strict sandbox looks no names up",
                      "write the address of the host and the number of the port");
        binder_.set_path({});
    }
}

void Assembly::check_machine() {
    const Process& process = draft_.config.process;
    rlimit files{};
    if (::getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_max == RLIM_INFINITY) return;
    const Node* block = value_at(draft_.root, "process");
    const std::uint64_t needed =
        std::uint64_t{process.max_connections} * 2 / process.workers + spare_descriptors;
    const Node* connections = value_at(block, "max_connections");
    if (connections != nullptr && process.max_connections > 0 && needed > files.rlim_max)
        binder_.report().warning(
            "W-NOFILE", connections->place, "process.max_connections",
            "so many connections need " + std::to_string(needed) + " open files a worker",
            "the hard limit is " + std::to_string(files.rlim_max));
    const Node* open_files = value_at(block, "max_open_files");
    if (open_files != nullptr && process.max_open_files > files.rlim_max && ::geteuid() != 0)
        binder_.report().warning("W-NOFILE", open_files->place, "process.max_open_files",
                                 "more open files than the hard limit allows",
                                 "the hard limit is " + std::to_string(files.rlim_max));
    const int system = system_backlog();
    for (const ListenerDraft& draft : listeners_) {
        const Node* backlog = value_at(draft.node, "backlog");
        if (backlog != nullptr && draft.listener.backlog > system)
            binder_.report().warning("W-BACKLOG", backlog->place, draft.path + ".backlog",
                                     "the kernel caps the backlog at " + std::to_string(system),
                                     "raise net.core.somaxconn");
    }
}

}  // namespace baton::config
