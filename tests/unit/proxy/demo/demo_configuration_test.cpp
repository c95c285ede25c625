#include "config/load_config.h"
#include "proxy/demo/proxy_under_load.h"

#include <boost/test/unit_test.hpp>

namespace baton::demo {

BOOST_AUTO_TEST_SUITE(demo_configuration)

BOOST_AUTO_TEST_CASE(the_generated_configuration_is_accepted_without_a_finding) {
    const Address backend = Address::ip("127.0.0.1", 4000).value();
    const auto loaded =
        config::load_config_text(make_configuration("/tmp/a \"folder\"", 8080, backend), "demo.yaml");
    for (const auto& finding : loaded.findings) BOOST_ERROR(finding.message);
    BOOST_REQUIRE(loaded.ok());
    BOOST_TEST(loaded.config->process.workers == 2U);
    BOOST_TEST(loaded.config->process.runtime_dir == "/tmp/a \"folder\"/run");
    BOOST_TEST(loaded.config->process.pid_file == "/tmp/a \"folder\"/run/baton.pid");
    BOOST_TEST(loaded.config->listeners.front().addresses.front().port == 8080);
    BOOST_TEST(loaded.config->upstreams.at("backend").endpoints.front().port == 4000);
}

BOOST_AUTO_TEST_CASE(what_the_demo_opens_is_not_ended_by_a_deadline) {
    const Address backend = Address::ip("127.0.0.1", 4000).value();
    const auto loaded = config::load_config_text(make_configuration("/tmp/x", 8080, backend), "demo.yaml");
    BOOST_REQUIRE(loaded.ok());
    BOOST_TEST((loaded.config->drain.timeout >= std::chrono::minutes{10}));
    BOOST_TEST(loaded.config->drain.max_generations >= 16U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace baton::demo
