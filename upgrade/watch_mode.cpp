#include "upgrade/watch_mode.h"

namespace baton::upgrade {
namespace {

constexpr auto nobody_watches = [](const std::string&, const std::string&) {};

void run(ChangeTaker& taker, bool wanted) {
    if (wanted) return taker.start();
    taker.stop();
}

}  // namespace

WatchMode::WatchMode(const Ground& ground)
    : configuration_(
          ground.loop, ground.reaper, ground.config_file, ground.may_replace,
          [&orders = ground.orders](admin::Reply reply) { orders.reload(std::move(reply), nobody_watches); }),
      binary_(ground.previous_program, ground.may_replace,
              [&orders = ground.orders](admin::Reply reply) {
                  orders.upgrade({}, std::move(reply), nobody_watches);
              }),
      takes_configuration_(ground.loop, configuration_),
      takes_binary_(ground.loop, binary_) {}

void WatchMode::serve(std::shared_ptr<const config::Config> config, const std::string& binary) {
    const bool watch_config = config->process.watch_config;
    const bool watch_binary = config->upgrade.watch_binary;
    configuration_.serve(std::move(config));
    binary_.follow(binary);
    run(takes_configuration_, watch_config);
    run(takes_binary_, watch_binary);
}

void WatchMode::stop() {
    takes_configuration_.stop();
    takes_binary_.stop();
}

}  // namespace baton::upgrade
