#include "server/process/pid_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

namespace baton {
namespace {

bool same_file(int descriptor, const std::string& path) {
    struct stat opened {};
    struct stat named {};
    return ::fstat(descriptor, &opened) == 0 && ::lstat(path.c_str(), &named) == 0 &&
           opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

/// The lock on whatever file is at `path` now, making an empty one if there is none: two first masters that
/// start at the same time meet here.
Result<Fd> lock_present_file(const std::string& path) {
    for (;;) {
        Fd file{::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644)};
        if (!file) return system_failure();
        if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
            if (errno == EWOULDBLOCK) return failure(Reason::address_in_use, Side::internal, EWOULDBLOCK);
            return system_failure();
        }
        // Whoever held the lock before may have put another file in this one's place.
        if (same_file(file.get(), path)) return file;
    }
}

}  // namespace

Result<PidFile> PidFile::write(const std::string& path, From from) {
    Fd present;
    if (from == From::nobody) {
        auto locked = lock_present_file(path);
        if (!locked) return tl::unexpected(locked.error());
        present = std::move(*locked);
    }
    const std::string temporary = path + "." + std::to_string(::getpid());
    ::unlink(temporary.c_str());  // of a process that was killed between the next lines and had our id
    Fd file{::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644)};
    if (!file || ::flock(file.get(), LOCK_EX | LOCK_NB) != 0) return system_failure();
    const std::string text = std::to_string(::getpid()) + "\n";
    if (::write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
        ::rename(temporary.c_str(), path.c_str()) != 0) {
        const auto failed = system_failure();
        ::unlink(temporary.c_str());
        return failed;
    }
    return PidFile(path, std::move(file));
}

PidFile& PidFile::operator=(PidFile&& other) noexcept {
    if (this == &other) return *this;
    remove();
    path_ = std::move(other.path_);
    file_ = std::move(other.file_);
    return *this;
}

bool PidFile::is_in_place() const {
    return file_ && same_file(file_.get(), path_);
}

void PidFile::remove() {
    if (is_in_place()) ::unlink(path_.c_str());
    file_.reset();
}

}  // namespace baton
