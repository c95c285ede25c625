/// Tells whether a file is still the one that was read.
#pragma once

#include <cstdint>
#include <string>

namespace baton::tls {

/// Of the file behind all symbolic links. Equal: the content is the same, as far as the system tells.
struct FileStamp {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::int64_t size = 0;
    std::int64_t modified = 0;  ///< nanoseconds since 1970
    std::int64_t changed = 0;   ///< of the inode: rights, owner
    int error = 0;              ///< why it cannot be looked at

    bool operator==(const FileStamp&) const = default;
};

FileStamp stamp_of(const std::string& path);

}  // namespace baton::tls
