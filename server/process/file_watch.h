/// Notices that files may have changed (inotify(7)): written, replaced, linked elsewhere, made, removed.
#pragma once

#include "server/event/event_loop.h"

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace baton {

/// The directories in which something must happen for `path` to lead to another file or content: the one that
/// holds it, and those that hold the symbolic links on the way. What does not exist is stood for by the
/// nearest directory above that does.
std::vector<std::string> directories_deciding(const std::string& path);

/// Watches directories, not files: a renewal replaces a file or, with certbot and Kubernetes, a link on the
/// way to it.
///
///     idle ──event──► settling ──quiet for half a second, or two seconds after the first──► idle (called)
///
/// Where events do not come (a network file system, no watches left) a look each minute stands in for them.
class FileWatch final : private WatchHandler {
public:
    static constexpr Duration quiet_time = std::chrono::milliseconds{500};
    static constexpr Duration longest_settling = std::chrono::seconds{2};
    static constexpr Duration look_interval = std::chrono::minutes{1};

    /// `on_change` is told that something may have changed, not what. Spurious calls are normal.
    FileWatch(EventLoop& loop, std::function<void()> on_change);
    FileWatch(const FileWatch&) = delete;
    FileWatch& operator=(const FileWatch&) = delete;
    ~FileWatch() override;

    /// Watches for changes of these paths, in place of those before. Calls back after the quiet time when
    /// that adds a directory: something may have happened in it before.
    void follow(const std::vector<std::string>& paths);

private:
    void expect_change();
    void on_ready() noexcept override;
    void on_settled();
    void on_look();

    EventLoop& loop_;
    std::function<void()> on_change_;
    Fd inotify_;
    Watch watch_;
    std::map<std::string, int> directories_;  // with their watch descriptors
    TimePoint settled_at_latest_{};
    Timer settled_;
    Timer look_;
};

}  // namespace baton
