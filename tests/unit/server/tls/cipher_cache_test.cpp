#include "server/tls/cipher_cache.h"

#include "tests/support/record_pair.h"

#include <boost/test/unit_test.hpp>
#include <deque>
#include <string>

using namespace baton;
using namespace baton::test;

BOOST_AUTO_TEST_SUITE(cipher_cache)

BOOST_AUTO_TEST_CASE(more_connections_than_places_are_served_in_turn) {
    RecordWorld world;
    std::deque<RecordEnd> clients, servers;
    for (std::size_t i = 0; i < 300; ++i) {
        const std::uint16_t suite = every_suite[i % every_suite.size()];
        clients.emplace_back(world, made_up_keys(*world.workspace, suite, Role::client));
        servers.emplace_back(world, made_up_keys(*world.workspace, suite, Role::server));
    }
    for (std::size_t round = 0; round < 3; ++round) {
        for (std::size_t i = 0; i < clients.size(); ++i) {
            const std::string text = noise(100 + i, static_cast<std::uint32_t>(i));
            BOOST_REQUIRE(servers[i].open(clients[i].seal(text)).data == text);
            BOOST_REQUIRE(clients[i].open(servers[i].seal(text)).data == text);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_cell_that_is_taken_again_is_not_served_with_the_former_key) {
    RecordWorld world;
    const void* cell = nullptr;
    {
        RecordEnd first{world, made_up_keys(*world.workspace, 0x1301, Role::client)};
        first.seal("something");
        cell = &first.layer.state();
    }
    HeldKeys keys = made_up_keys(*world.workspace, 0x1301, Role::client);
    BOOST_TEST(keys.get() == cell);
    keys->writing.key.fill(0x77);
    HeldKeys peer = made_up_keys(*world.workspace, 0x1301, Role::server);
    peer->reading.key.fill(0x77);
    RecordEnd second{world, std::move(keys)}, server{world, std::move(peer)};
    BOOST_TEST(server.open(second.seal("hello")).data == "hello");
}

BOOST_AUTO_TEST_CASE(the_same_keys_have_the_same_context_until_they_are_forgotten) {
    RecordWorld world;
    tls::CipherCache& ciphers = world.workspace->ciphers;
    const HeldKeys keys = made_up_keys(*world.workspace, 0x1303, Role::client);
    const auto* const sealing = ciphers.get(keys->writing, Aead::chacha20_poly1305, tls::Use::seal);
    const auto* const opening = ciphers.get(keys->reading, Aead::chacha20_poly1305, tls::Use::open);
    BOOST_TEST(sealing != nullptr);
    BOOST_TEST(sealing != opening);
    BOOST_TEST(ciphers.get(keys->writing, Aead::chacha20_poly1305, tls::Use::seal) == sealing);
    ciphers.forget(keys->writing);
    BOOST_TEST(ciphers.get(keys->writing, Aead::chacha20_poly1305, tls::Use::seal) != nullptr);
}

BOOST_AUTO_TEST_SUITE_END()
