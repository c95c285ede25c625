#include "config/read_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace baton::config {
namespace {

std::string reason_of(int error) {
    return std::generic_category().message(error);
}

/// Closes at the end of a scope. (`server/event/fd.h` is above this layer.)
struct Descriptor {
    int number;
    ~Descriptor() {
        if (number >= 0) ::close(number);
    }
};

}  // namespace

tl::expected<FileText, std::string> read_file(const std::string& path, std::size_t largest) {
    const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
    if (file.number < 0) return tl::unexpected(reason_of(errno));
    struct stat status {};
    if (::fstat(file.number, &status) != 0) return tl::unexpected(reason_of(errno));
    if (S_ISDIR(status.st_mode)) return tl::unexpected(reason_of(EISDIR));
    if (!S_ISREG(status.st_mode)) return tl::unexpected(std::string("not a regular file"));
    FileText result;
    result.readable_by_others = (status.st_mode & (S_IRGRP | S_IROTH)) != 0;
    char block[16384];
    for (;;) {
        const ssize_t count = ::read(file.number, block, sizeof block);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return tl::unexpected(reason_of(errno));
        if (count == 0) return result;
        result.text.append(block, static_cast<std::size_t>(count));
        if (result.text.size() > largest)
            return tl::unexpected("larger than " + std::to_string(largest) + " bytes");
    }
}

std::string path_below(const std::string& directory, const std::string& path) {
    if (path.starts_with('/') || directory == ".") return path;
    return directory.ends_with('/') ? directory + path : directory + "/" + path;
}

}  // namespace baton::config
