#include "upgrade/watched_binary.h"

#include "server/process/open_for_writing.h"
#include "upgrade/spawn.h"

#include <sys/stat.h>

namespace baton::upgrade {
namespace {

std::string describe(const struct stat& status) {
    std::string text;
    for (const auto number :
         {static_cast<std::uint64_t>(status.st_dev), static_cast<std::uint64_t>(status.st_ino),
          static_cast<std::uint64_t>(status.st_size), static_cast<std::uint64_t>(status.st_mtim.tv_sec),
          static_cast<std::uint64_t>(status.st_mtim.tv_nsec), static_cast<std::uint64_t>(status.st_mode)})
        text += std::to_string(number) + " ";
    return text;
}

/// Empty when there is none.
std::string file_at(const std::string& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 ? describe(status) : std::string{};
}

std::string file_in(int descriptor) {
    struct stat status {};
    return ::fstat(descriptor, &status) == 0 ? describe(status) : std::string{};
}

bool is_script(const std::string& path) {
    const auto program = Program::open(path);
    return program && program->is_script();
}

}  // namespace

WatchedBinary::WatchedBinary(int previous, std::function<bool()> may_replace,
                             std::function<void(admin::Reply)> upgrade)
    : own_(file_at("/proc/self/exe")),
      previous_(file_in(previous)),
      may_replace_(std::move(may_replace)),
      upgrade_(std::move(upgrade)) {}

void WatchedBinary::follow(const std::string& path) {
    if (path == path_) return;
    const bool first = path_.empty();
    path_ = path;
    known_ = file_at(path);
    // A launcher at that path is never the program that runs, and must not be taken for ever: a script is
    // seen to be one, any other by the program having been replaced by itself.
    const bool may_differ = first && !previous_.empty() && previous_ != own_ && !is_script(path);
    if (may_differ && known_ != previous_) known_ = own_;
}

void WatchedBinary::look(OnFound on_found) {
    if (is_open_for_writing(path_)) return on_found(std::nullopt);
    on_found(file_at(path_));
}

}  // namespace baton::upgrade
