/// Reads a small regular file whole.
#pragma once

#include <cstddef>
#include <string>
#include <tl/expected.hpp>

namespace baton::config {

struct FileText {
    std::string text;
    bool readable_by_others = false;  ///< group or world may read it
};

/// The content of `path`, or the reason why there is none, for a message. Never waits: devices and pipes are
/// refused, as is a file of more than `largest` bytes.
tl::expected<FileText, std::string> read_file(const std::string& path, std::size_t largest);

/// `path` below `directory`; an absolute path stays, `.` as directory adds nothing.
std::string path_below(const std::string& directory, const std::string& path);

}  // namespace baton::config
