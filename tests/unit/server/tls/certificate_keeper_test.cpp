#include "server/tls/certificate_keeper.h"

#include "server/tls/certificate_store.h"
#include "server/tls/material.h"
#include "tests/support/certificate_folder.h"

#include <boost/test/unit_test.hpp>
#include <ctime>

using namespace baton;
using namespace baton::tls;

namespace {

struct World {
    FakeClock clock;
    std::unique_ptr<EventLoop> loop = std::move(*EventLoop::create(clock));
    test::CertificateFolder folder;
    std::unique_ptr<CertificateKeeper> keeper;
    std::shared_ptr<const CertificateStore> store;
    int changes = 0;

    explicit World(bool watch = false) {
        folder.put("DNS:a.example", "live/a.crt", "live/a.key");
        config::Config config;
        config.tls.watch = watch;
        config.tls.directories.push_back(folder.at("live"));
        auto shared = std::make_shared<const config::Config>(std::move(config));
        const auto material = load_material(*shared, Strictness::refuse).material;
        BOOST_REQUIRE(material != nullptr);
        keeper = std::make_unique<CertificateKeeper>(*loop, shared, material, [this](auto changed) {
            store = std::move(changed);
            ++changes;
        });
    }
    CertificateStatus only_status() const {
        const auto all = keeper->status(std::time(nullptr));
        BOOST_REQUIRE(all.size() == 1u);
        return all.front();
    }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(certificate_keeper)

BOOST_AUTO_TEST_CASE(nothing_is_told_as_long_as_nothing_changes) {
    World world;
    world.keeper->look();
    BOOST_TEST(world.changes == 0);
    const auto status = world.only_status();
    BOOST_TEST(status.name == "a");
    BOOST_TEST(to_string(status.state) == "ok");
    BOOST_TEST(status.key_type == "ecdsa");
    BOOST_TEST(status.names.size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_renewal_is_told_with_all_certificates) {
    World world;
    world.folder.put("DNS:a.example", "live/a.crt", "live/a.key");
    world.folder.put("DNS:b.example", "live/b/fullchain.pem", "live/b/privkey.pem");
    world.keeper->look();
    BOOST_TEST(world.changes == 1);
    BOOST_TEST(world.store->certificates().size() == 2u);
    BOOST_TEST(world.store->find("b.example") != nullptr);
}

BOOST_AUTO_TEST_CASE(garbage_changes_nothing_and_shows_as_failed) {
    World world;
    const auto serial = world.only_status().serial;
    world.folder.write("live/a.crt", "garbage");
    world.keeper->look();
    world.keeper->look();
    BOOST_TEST(world.changes == 0);
    const auto status = world.only_status();
    BOOST_TEST(to_string(status.state) == "failed");
    BOOST_TEST(status.reason.find("a.crt: there is no PEM certificate in it") != std::string::npos);
    BOOST_TEST(status.serial == serial);
}

BOOST_AUTO_TEST_CASE(one_that_goes_is_told) {
    World world;
    world.folder.put("DNS:b.example", "live/b.crt", "live/b.key");
    world.keeper->look();
    std::filesystem::remove(world.folder.file("live/a.crt"));
    std::filesystem::remove(world.folder.file("live/a.key"));
    world.keeper->look();
    BOOST_TEST(world.changes == 2);
    BOOST_TEST(world.store->find("a.example") == nullptr);
    BOOST_TEST(world.store->find("b.example") != nullptr);
}

BOOST_AUTO_TEST_CASE(the_watch_looks_by_itself) {
    World world(true);
    world.loop->turn(Duration{0});
    world.folder.put("DNS:a.example", "live/a.crt", "live/a.key");
    world.loop->turn(Duration{0});
    world.clock.advance(std::chrono::seconds{1});
    world.loop->turn(Duration{0});
    BOOST_TEST(world.changes == 1);
}

BOOST_AUTO_TEST_CASE(the_state_follows_the_calendar) {
    const World world;
    const auto ends = world.only_status().not_after;
    const auto state_at = [&world](std::int64_t now) {
        return std::string(to_string(world.keeper->status(now).front().state));
    };
    BOOST_TEST(state_at(ends - 15 * 86400) == "ok");
    BOOST_TEST(state_at(ends - 13 * 86400) == "expiring");
    BOOST_TEST(state_at(ends) == "expired");
}

BOOST_AUTO_TEST_SUITE_END()
