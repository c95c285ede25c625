/// The checkout as the structure tests see it: every source file of the four layers with its lines.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace baton::structure {

struct SourceFile {
    std::string path;   ///< relative to the root of the checkout, e.g. `proxy/http/heads.h`
    std::string layer;  ///< its first folder
    std::vector<std::string> lines;

    bool is_header() const { return path.ends_with(".h"); }
    /// What is between the quotes or the angle brackets of each `#include`.
    std::vector<std::string> includes() const;
};

std::filesystem::path root();
/// The lines of one file of the checkout; empty when it does not exist.
std::vector<std::string> read_lines(const std::filesystem::path& file);
/// Every `.h` and `.cpp` below `config/`, `server/`, `upgrade/` and `proxy/`, sorted by path.
const std::vector<SourceFile>& layer_sources();
/// The same for `tests/`.
const std::vector<SourceFile>& test_sources();

}  // namespace baton::structure
