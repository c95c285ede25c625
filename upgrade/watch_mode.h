/// Watch mode: the serving master takes a configuration or a binary that was put in the place of its own.
#pragma once

#include "upgrade/change_taker.h"
#include "upgrade/watched_binary.h"
#include "upgrade/watched_configuration.h"

namespace baton::upgrade {

class WatchMode {
public:
    struct Ground {
        EventLoop& loop;
        ChildReaper& reaper;
        admin::Orders& orders;              ///< must outlive this
        std::function<bool()> may_replace;  ///< whether an order would not be refused
        std::string config_file;
        int previous_program;  ///< the predecessor's; -1 for none
    };

    explicit WatchMode(const Ground& ground);

    /// Watches what `config`, served from now on, says. `binary` is what an upgrade would start.
    void serve(std::shared_ptr<const config::Config> config, const std::string& binary);
    void stop();

private:
    WatchedConfiguration configuration_;
    WatchedBinary binary_;
    ChangeTaker takes_configuration_;
    ChangeTaker takes_binary_;
};

}  // namespace baton::upgrade
