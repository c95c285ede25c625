#include "server/admin/socket_path.h"

#include "config/load_config.h"

#include <cstdlib>
#include <fstream>
#include <sstream>

namespace baton::admin {
namespace {

std::string_view trimmed(std::string_view text) {
    const std::size_t begin = text.find_first_not_of(" \t\r");
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

/// The plain or quoted scalar behind a key, without comment.
std::string_view scalar(std::string_view text) {
    text = trimmed(text);
    if (!text.empty() && (text.front() == '"' || text.front() == '\'')) {
        return text.substr(1, text.find(text.front(), 1) - 1);
    }
    return trimmed(text.substr(0, text.find(" #")));
}

/// The value of `block.key`, both in block style; empty when absent.
std::string_view lookup(std::string_view yaml, std::string_view block, std::string_view key) {
    bool inside = false;
    while (!yaml.empty()) {
        const std::string_view line = yaml.substr(0, yaml.find('\n'));
        yaml.remove_prefix(std::min(line.size() + 1, yaml.size()));
        const std::string_view text = trimmed(line);
        if (text.empty() || text.front() == '#') continue;
        const std::size_t colon = text.find(':');
        if (line.front() != ' ') {
            inside = text.substr(0, colon) == block;
        } else if (inside && colon != std::string_view::npos && text.substr(0, colon) == key) {
            return scalar(text.substr(colon + 1));
        }
    }
    return {};
}

}  // namespace

std::string admin_socket_in_text(std::string_view yaml) {
    if (const std::string_view socket = lookup(yaml, "admin", "socket"); !socket.empty())
        return std::string(socket);
    const std::string_view folder = lookup(yaml, "process", "runtime_dir");
    return (folder.empty() ? std::string("/run/baton") : std::string(folder)) + "/admin.sock";
}

std::optional<std::string> chosen_socket(const Invocation& invocation) {
    if (const auto given = invocation.value("--socket")) return given;
    const char* const from_environment = std::getenv("BATON_SOCKET");
    if (from_environment == nullptr || *from_environment == '\0') return std::nullopt;
    return from_environment;
}

std::string admin_socket(const Invocation& invocation) {
    if (const auto chosen = chosen_socket(invocation)) return *chosen;
    const std::string file = config_file(invocation);
    if (const config::LoadResult loaded = config::load_config(file); loaded.ok())
        return loaded.config->admin.socket;
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    return admin_socket_in_text(text.str());
}

}  // namespace baton::admin
