#include "proxy/demo/proxy_under_load.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <fstream>
#include <sstream>
#include <vector>

namespace baton::demo {

namespace {

// A name in a double-quoted YAML scalar.
std::string quoted(const std::string& text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out + "\"";
}

std::string read_whole(const std::filesystem::path& path) {
    std::ifstream file(path);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

Fd open_output(const std::filesystem::path& path) {
    return Fd{::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644)};
}

}  // namespace

std::string make_configuration(const std::filesystem::path& folder, std::uint16_t port,
                               const Address& backend) {
    std::ostringstream yaml;
    yaml << "process:\n"
            "  workers: 2\n"
            "  runtime_dir: "
         << quoted(folder / "run")
         << "\n"
            "drain:\n"
            "  timeout: 10m\n"
            "  stop_timeout: 2s\n"
            "  close_spread: 1s\n"
            "  max_generations: 16\n"
            "upgrade:\n"
            "  confirm_window: 0\n"
            "logging:\n"
            "  level: notice\n"
            "  access: { enabled: false }\n"
            "listeners:\n"
            "  - "
         << quoted("127.0.0.1:" + std::to_string(port))
         << "\n"
            "hosts:\n"
            "  - routes:\n"
            "      - to: backend\n"
            "upstreams:\n"
            "  backend: ["
         << quoted(backend.to_string()) << "]\n";
    return yaml.str();
}

ProxyUnderLoad::ProxyUnderLoad(Children& children, std::string program, std::filesystem::path folder,
                               std::uint16_t port)
    : children_(children),
      program_(std::move(program)),
      folder_(std::move(folder)),
      port_(port),
      generations_(folder_ / "run" / "baton.pid") {}

Result<void> ProxyUnderLoad::start(const Address& backend, Children::OnEnd on_end) {
    std::ofstream file(config_file());
    file << make_configuration(folder_, port_, backend);
    file.close();
    const Fd log = open_output(folder_ / "baton.log");
    if (!file || !log) return system_failure();
    auto started = children_.spawn({{program_, "run", "-c", config_file()}, log.get()}, std::move(on_end));
    if (!started) return tl::unexpected(started.error());
    first_ = *started;
    return {};
}

Result<void> ProxyUnderLoad::upgrade(OnVerdict on_verdict) {
    const std::filesystem::path output = folder_ / ("upgrade-" + std::to_string(++upgrades_) + ".log");
    const Fd out = open_output(output);
    if (!out) return system_failure();
    Command command{{program_, "upgrade", "--socket", folder_ / "run" / "admin.sock"}, out.get()};
    auto started =
        children_.spawn(command, [output, on_verdict = std::move(on_verdict)](const Ending& ending) {
            on_verdict(ending, read_whole(output));
        });
    if (!started) return tl::unexpected(started.error());
    return {};
}

void ProxyUnderLoad::signal_masters(int signal) {
    generations_.look();
    for (const Generation& generation : generations_.all()) {
        if (generation.state != GenerationState::gone) ::kill(generation.master, signal);
    }
    if (first_ != 0 && generations_.all().empty()) ::kill(first_, signal);
}

bool ProxyUnderLoad::all_gone() {
    generations_.look();
    if (generations_.all().empty()) return first_ == 0 || ::kill(first_, 0) != 0;
    return std::all_of(
        generations_.all().begin(), generations_.all().end(),
        [](const Generation& generation) { return generation.state == GenerationState::gone; });
}

std::string ProxyUnderLoad::log_tail(std::size_t lines) const {
    const std::string log = read_whole(folder_ / "baton.log");
    std::size_t at = log.size();
    for (std::size_t found = 0; at > 0 && found <= lines; ++found) {
        at = log.rfind('\n', at - 1);
        if (at == std::string::npos) return log;
    }
    return at == 0 ? log : log.substr(at + 1);
}

}  // namespace baton::demo
