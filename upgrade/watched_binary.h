/// The binary as it is on disk (`upgrade.watch_binary`).
#pragma once

#include "upgrade/change_taker.h"

namespace baton::upgrade {

/// Its content is which file it is: device, inode, size, time of the last change, and mode. What runs is not
/// compared byte by byte; a `touch` is a change.
class WatchedBinary final : public Watched {
public:
    /// `previous` is the program of the predecessor, -1 for none; `upgrade` gives the order.
    WatchedBinary(int previous, std::function<bool()> may_replace, std::function<void(admin::Reply)> upgrade);

    /// Watches the file at `path`. What is there now is no change, except in a successor that finds neither
    /// itself nor its predecessor's program (which `baton rollback` leaves there): that was put there while
    /// the upgrade ran.
    void follow(const std::string& path);

    std::string_view name() const override { return "binary"; }
    std::vector<std::string> paths() const override { return {path_}; }
    void look(OnFound on_found) override;
    void stop_looking() override {}
    bool is_served(const std::string& content) const override { return content.empty() || content == known_; }
    bool may_be_taken() const override { return may_replace_(); }
    void take(admin::Reply reply) override { upgrade_(std::move(reply)); }

private:
    std::string own_;
    std::string previous_;  // empty = none
    std::string path_;
    std::string known_;
    std::function<bool()> may_replace_;
    std::function<void(admin::Reply)> upgrade_;
};

}  // namespace baton::upgrade
