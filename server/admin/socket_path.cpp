#include "server/admin/socket_path.h"

#include "config/load_config.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>

namespace baton::admin {
namespace {

bool is_word_byte(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
}

/// What begins behind a key's colon: a quoted scalar, or a plain one up to the end of its line, flow or
/// comment.
std::string_view scalar(std::string_view text) {
    text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
    text = text.substr(0, text.find_first_of("\r\n"));
    if (!text.empty() && (text.front() == '"' || text.front() == '\'')) {
        return text.substr(1, text.find(text.front(), 1) - 1);
    }
    text = text.substr(0, std::min(text.find(" #"), text.find_first_of(",}")));
    return text.substr(0, text.find_last_not_of(" \t") + 1);
}

/// The value of the first `key:` of a line, in any style, outside of comments; empty when there is none.
std::string_view lookup(std::string_view line, std::string_view key) {
    line = line.substr(0, std::min(line.find(" #"), line.starts_with('#') ? 0 : line.size()));
    for (std::size_t at = line.find(key); at != std::string_view::npos; at = line.find(key, at + 1)) {
        if (at > 0 && is_word_byte(line[at - 1])) continue;
        std::string_view rest = line.substr(at + key.size());
        if (rest.starts_with('"') || rest.starts_with('\'')) rest.remove_prefix(1);
        rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
        if (rest.starts_with(':')) return scalar(rest.substr(1));
    }
    return {};
}

}  // namespace

std::string admin_socket_in_text(std::string_view yaml) {
    std::string_view socket, folder;
    while (!yaml.empty()) {
        const std::string_view line = yaml.substr(0, yaml.find('\n'));
        yaml.remove_prefix(std::min(line.size() + 1, yaml.size()));
        if (socket.empty()) socket = lookup(line, "socket");
        if (folder.empty()) folder = lookup(line, "runtime_dir");
    }
    if (!socket.empty()) return std::string(socket);
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
