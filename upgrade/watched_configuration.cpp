#include "upgrade/watched_configuration.h"

#include "server/process/loaded_configuration.h"
#include "server/process/open_for_writing.h"

#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include <algorithm>

namespace baton::upgrade {
namespace {

int say(const std::string& text, int exit_code) {
    [[maybe_unused]] const auto written = ::write(STDOUT_FILENO, text.data(), text.size());
    return exit_code;
}

int tell_content(const std::string& file, const std::string& served_hash) {
    // A certificate that becomes unusable, which has its own watch, makes no other configuration.
    const auto alone = config::load_config(file);
    if (alone.ok() && alone.config->hash == served_hash) return say(served_hash, EX_OK);
    const auto loaded = load_configuration(file, tls::Strictness::refuse);
    return loaded.ok() ? say(loaded.config->hash, EX_OK) : say(loaded.report(), EX_CONFIG);
}

}  // namespace

WatchedConfiguration::WatchedConfiguration(EventLoop& loop, ChildReaper& reaper, std::string file,
                                           std::function<bool()> may_replace,
                                           std::function<void(admin::Reply)> reload)
    : loop_(loop),
      reaper_(reaper),
      file_(std::move(file)),
      may_replace_(std::move(may_replace)),
      reload_(std::move(reload)) {}

WatchedConfiguration::~WatchedConfiguration() = default;

std::vector<std::string> WatchedConfiguration::paths() const {
    std::vector<std::string> paths = config_->files;
    paths.push_back(file_);
    return paths;
}

void WatchedConfiguration::look(OnFound on_found) {
    if (std::ranges::any_of(paths(), is_open_for_writing)) return on_found(std::nullopt);
    checker_ = std::make_unique<Checker>(loop_, reaper_, static_cast<CheckerHandler&>(*this));
    on_found_ = std::move(on_found);
    if (checker_->start([this] { return tell_content(file_, config_->hash); })) return;
    // No process to be had: later.
    stop_looking();
    std::exchange(on_found_, nullptr)(std::nullopt);
}

void WatchedConfiguration::stop_looking() {
    if (checker_) loop_.destroy_later(std::move(checker_));
}

void WatchedConfiguration::on_checked(int status, const std::string& output) {
    if (!checker_) return;
    stop_looking();
    const bool served_or_refused =
        WIFEXITED(status) && (WEXITSTATUS(status) == EX_OK || WEXITSTATUS(status) == EX_CONFIG);
    std::exchange(on_found_, nullptr)(served_or_refused ? output : describe_exit(status));
}

}  // namespace baton::upgrade
