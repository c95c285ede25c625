#include "tests/structure/source_tree.h"

#include <algorithm>
#include <fstream>
#include <initializer_list>
#include <regex>

namespace baton::structure {

std::filesystem::path root() {
    return BATON_SOURCE_DIR;
}

std::vector<std::string> read_lines(const std::filesystem::path& file) {
    std::ifstream in{file};
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
}

std::vector<std::string> SourceFile::includes() const {
    static const std::regex pattern{R"(^\s*#\s*include\s*["<]([^">]+)[">])"};
    std::vector<std::string> found;
    for (const auto& line : lines) {
        std::smatch match;
        if (std::regex_search(line, match, pattern)) found.push_back(match[1]);
    }
    return found;
}

namespace {

std::vector<SourceFile> collect(std::initializer_list<const char*> folders) {
    std::vector<SourceFile> files;
    for (const char* folder : folders) {
        if (!std::filesystem::exists(root() / folder)) continue;
        for (const auto& entry : std::filesystem::recursive_directory_iterator(root() / folder)) {
            const auto extension = entry.path().extension();
            if (!entry.is_regular_file() || (extension != ".h" && extension != ".cpp")) continue;
            const auto path = std::filesystem::relative(entry.path(), root()).generic_string();
            if (path.find("node_modules") != std::string::npos) continue;
            files.push_back({path, folder, read_lines(entry.path())});
        }
    }
    std::ranges::sort(files, {}, &SourceFile::path);
    return files;
}

}  // namespace

const std::vector<SourceFile>& layer_sources() {
    static const auto files = collect({"config", "server", "upgrade", "proxy"});
    return files;
}

const std::vector<SourceFile>& test_sources() {
    static const auto files = collect({"tests"});
    return files;
}

}  // namespace baton::structure
