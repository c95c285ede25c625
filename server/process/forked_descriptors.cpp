#include "server/process/forked_descriptors.h"

#include "server/assert.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <vector>

namespace baton::detail {
namespace {

/// Every open descriptor above stderr.
std::vector<int> open_descriptors() {
    std::vector<int> descriptors;
    DIR* const folder = ::opendir("/proc/self/fd");
    ASSERT(folder != nullptr);
    while (const dirent* const entry = ::readdir(folder)) {
        const int descriptor = std::atoi(entry->d_name);
        if (descriptor > STDERR_FILENO && descriptor != ::dirfd(folder)) descriptors.push_back(descriptor);
    }
    ::closedir(folder);
    return descriptors;
}

bool is_same_file(int one, int other) {
    struct stat a {};
    struct stat b {};
    return ::fstat(one, &a) == 0 && ::fstat(other, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

}  // namespace

Placeholders::Placeholders(std::span<const int> keep) : source_(::memfd_create("placeholder", MFD_CLOEXEC)) {
    ASSERT(source_ >= 0);
    for (const int descriptor : open_descriptors()) {
        if (descriptor != source_ && std::ranges::find(keep, descriptor) == keep.end())
            ::dup3(source_, descriptor, O_CLOEXEC);
    }
}

Placeholders::~Placeholders() {
    for (const int descriptor : open_descriptors()) {
        if (descriptor != source_ && is_same_file(descriptor, source_)) ::close(descriptor);
    }
    ::close(source_);
}

}  // namespace baton::detail
