#include "server/process/file_watch.h"

#include "server/log/log.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

namespace baton {
namespace {

namespace fs = std::filesystem;

constexpr int most_links = 40;  // as the kernel follows

constexpr std::uint32_t changes = IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO |
                                  IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;

std::vector<fs::path> reversed_parts(const fs::path& path) {
    std::vector<fs::path> parts(path.begin(), path.end());
    std::erase_if(parts, [](const fs::path& part) { return part.empty() || part == "/" || part == "."; });
    std::ranges::reverse(parts);
    return parts;
}

}  // namespace

std::vector<std::string> directories_deciding(const std::string& path) {
    std::error_code error;
    fs::path here = "/";
    std::set<std::string> found;
    int links = 0;
    std::vector<fs::path> to_go = reversed_parts(fs::absolute(path, error));
    while (!to_go.empty()) {
        const fs::path part = to_go.back();
        to_go.pop_back();
        if (part == "..") {
            here = here.parent_path();
            continue;
        }
        const fs::path next = here / part;
        const fs::file_status status = fs::symlink_status(next, error);
        if (!fs::exists(status) || to_go.empty()) found.insert(here.string());
        if (!fs::exists(status)) break;
        if (!fs::is_symlink(status)) {
            here = next;
            continue;
        }
        found.insert(here.string());
        const fs::path target = fs::read_symlink(next, error);
        if (error || ++links > most_links) break;
        if (target.is_absolute()) here = "/";
        const auto more = reversed_parts(target);
        to_go.insert(to_go.end(), more.begin(), more.end());
    }
    // A directory that is itself followed is watched for what happens in it.
    if (to_go.empty() && fs::is_directory(here, error)) found.insert(here.string());
    return {found.begin(), found.end()};
}

FileWatch::FileWatch(EventLoop& loop, std::function<void()> on_change)
    : loop_(loop),
      on_change_(std::move(on_change)),
      inotify_(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)),
      settled_(Timer::calling<&FileWatch::on_settled>(loop.timers(), *this)),
      look_(Timer::calling<&FileWatch::on_look>(loop.timers(), *this)) {
    const bool watching =
        inotify_ && watch_.start(loop, inotify_.get(), static_cast<WatchHandler&>(*this), Trigger::level);
    if (!watching) log::warn("file_watch.only_looks").with("error", std::strerror(errno));
    look_.arm(look_interval);
}

FileWatch::~FileWatch() = default;

void FileWatch::follow(const std::vector<std::string>& paths) {
    if (!inotify_) return;
    std::set<std::string> wanted;
    for (const auto& path : paths)
        wanted.merge([&path] {
            const auto directories = directories_deciding(path);
            return std::set<std::string>(directories.begin(), directories.end());
        }());
    std::map<std::string, int> now;
    for (const auto& directory : wanted) {
        // Adding one that is watched already gives its number again, and after a replacement another one.
        const int number = ::inotify_add_watch(inotify_.get(), directory.c_str(), changes);
        if (number >= 0) {
            now.emplace(directory, number);
        } else if (errno != ENOENT) {
            log::warn("file_watch.not_watched")
                .with("directory", directory)
                .with("error", std::strerror(errno));
        }
    }
    for (const auto& [directory, number] : directories_) {
        const bool used =
            std::ranges::any_of(now, [number = number](const auto& one) { return one.second == number; });
        if (!used) ::inotify_rm_watch(inotify_.get(), number);
    }
    // What happened in a directory before it was watched is unknown.
    const bool more =
        std::ranges::any_of(now, [this](const auto& one) { return !directories_.contains(one.first); });
    directories_ = std::move(now);
    if (more) expect_change();
}

void FileWatch::expect_change() {
    if (!settled_.armed()) settled_at_latest_ = loop_.now() + longest_settling;
    settled_.arm_at(std::min(loop_.now() + quiet_time, settled_at_latest_));
}

void FileWatch::on_ready() noexcept {
    alignas(inotify_event) std::array<char, 16 * 1024> events;
    bool changed = false;
    while (::read(inotify_.get(), events.data(), events.size()) > 0) changed = true;
    if (changed) expect_change();
}

void FileWatch::on_settled() {
    on_change_();
}

void FileWatch::on_look() {
    look_.arm(look_interval);
    on_change_();
}

}  // namespace baton
