/// The configuration as it is on disk (`process.watch_config`).
#pragma once

#include "config/config.h"
#include "upgrade/change_taker.h"
#include "upgrade/checker.h"

namespace baton::upgrade {

/// It is loaded in a child, which may crash without harm; its content is the hash of what would be served,
/// or what is wrong with it. So neither a `touch` nor another comment is a change, and a variable file or a
/// certificate that appears later makes a bad one good.
class WatchedConfiguration final : public Watched, private CheckerHandler {
public:
    /// `file` is the main one; `reload` gives the order.
    WatchedConfiguration(EventLoop& loop, ChildReaper& reaper, std::string file,
                         std::function<bool()> may_replace, std::function<void(admin::Reply)> reload);
    ~WatchedConfiguration() override;

    /// `config` is what is served from now on.
    void serve(std::shared_ptr<const config::Config> config) { config_ = std::move(config); }

    std::string_view name() const override { return "configuration"; }
    std::vector<std::string> paths() const override;
    void look(OnFound on_found) override;
    void stop_looking() override;
    bool is_served(const std::string& content) const override { return content == config_->hash; }
    bool may_be_taken() const override { return may_replace_(); }
    void take(admin::Reply reply) override { reload_(std::move(reply)); }

private:
    void on_checked(int status, const std::string& output) override;

    EventLoop& loop_;
    ChildReaper& reaper_;
    std::string file_;
    std::function<bool()> may_replace_;
    std::function<void(admin::Reply)> reload_;
    std::shared_ptr<const config::Config> config_;
    std::unique_ptr<Checker> checker_;  // null when nobody looks
    OnFound on_found_;
};

}  // namespace baton::upgrade
