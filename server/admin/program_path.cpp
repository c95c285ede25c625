#include "server/admin/program_path.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string_view>

namespace baton::admin {
namespace {

namespace fs = std::filesystem;

bool is_program(const fs::path& path) {
    std::error_code error;
    return fs::is_regular_file(path, error) && ::access(path.c_str(), X_OK) == 0;
}

std::string search_path(const std::string& name) {
    const char* const variable = std::getenv("PATH");
    std::string_view folders = variable == nullptr ? std::string_view{} : variable;
    while (!folders.empty()) {
        const std::string_view folder = folders.substr(0, folders.find(':'));
        folders.remove_prefix(std::min(folder.size() + 1, folders.size()));
        const fs::path candidate = fs::path(folder) / name;
        if (candidate.is_absolute() && is_program(candidate)) return candidate.string();
    }
    return {};
}

std::string running_file() {
    std::error_code error;
    std::string path = fs::read_symlink("/proc/self/exe", error).string();
    // The file was replaced while it ran: what stands there now is meant.
    constexpr std::string_view deleted = " (deleted)";
    if (path.ends_with(deleted)) path.resize(path.size() - deleted.size());
    return path;
}

}  // namespace

std::string program_path(const std::string& name) {
    std::string found;
    if (name.find('/') != std::string::npos) {
        std::error_code error;
        const fs::path absolute = fs::absolute(name, error).lexically_normal();
        if (!error && is_program(absolute)) found = absolute.string();
    } else if (!name.empty()) {
        found = search_path(name);
    }
    return found.empty() ? running_file() : found;
}

}  // namespace baton::admin
