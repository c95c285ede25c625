#include "server/tls/takeover.h"

#include "server/tls/record_protection.h"

#include <boost/test/unit_test.hpp>
#include <memory>
#include <string>

using namespace baton;
using namespace baton::tls;

namespace {

struct World {
    std::unique_ptr<shared::WorkerSlot> slot = std::make_unique<shared::WorkerSlot>();
    std::unique_ptr<Workspace> workspace = std::make_unique<Workspace>(*slot);
    const CipherSuite& suite = *find_suite(0x1301);
    HeldKeys keys = workspace->keys.take();

    World() {
        keys->reading.secret.fill(1);
        keys->writing.secret.fill(2);
        BOOST_REQUIRE(derive_keys(suite, *keys));
    }
    /// A record under `direction`'s keys, which count on.
    std::string seal(TrafficKeys& direction, std::string_view text) {
        std::string record(text.size() + record_overhead(suite), '\0');
        RecordSealer sealer{workspace->ciphers.get(direction, suite.aead, Use::seal),
                            suite,
                            direction,
                            ContentType::application_data,
                            text.size(),
                            record.data()};
        sealer.add(text);
        BOOST_REQUIRE(sealer.finish());
        workspace->ciphers.forget(direction);
        return record;
    }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(takeover)

BOOST_FIXTURE_TEST_CASE(records_that_open_with_the_sequence_before_prove_the_keys, World) {
    seal(keys->writing, "ticket");
    const std::string written = seal(keys->writing, "ticket");
    const std::string read = seal(keys->reading, "Finished");
    BOOST_TEST(self_check(*workspace, suite, *keys, {read, written}));
    BOOST_TEST(workspace->keys.in_use() == 1U);
}

BOOST_FIXTURE_TEST_CASE(a_wrong_sequence_or_key_is_found, World) {
    const std::string written = seal(keys->writing, "ticket");
    ++keys->writing.sequence;
    BOOST_TEST(!self_check(*workspace, suite, *keys, {{}, written}));
    --keys->writing.sequence;
    BOOST_TEST(self_check(*workspace, suite, *keys, {{}, written}));
    keys->writing.key[5] ^= 1;
    BOOST_TEST(!self_check(*workspace, suite, *keys, {{}, written}));
}

BOOST_FIXTURE_TEST_CASE(a_missing_record_proves_nothing, World) {
    keys->reading.sequence = 1;
    BOOST_TEST(!self_check(*workspace, suite, *keys, {}));
    keys->reading.sequence = 0;
    BOOST_TEST(self_check(*workspace, suite, *keys, {}));
}

BOOST_AUTO_TEST_CASE(memory_that_nobody_has_filled_in_is_no_secret) {
    RecordState state{};
    BOOST_TEST(!has_secrets(state));
    state.writing.secret[31] = 1;
    BOOST_TEST(!has_secrets(state));
    state.reading.secret[0] = 1;
    BOOST_TEST(has_secrets(state));
}

BOOST_AUTO_TEST_CASE(explicit_nonces_go_on_behind_the_last_one) {
    RecordState state{};
    const std::string record{"\x16\x03\x03\x00\x28\x01\x02\x03\x04\x05\x06\x07\xff", 13};
    continue_explicit_nonce(*find_suite(0xc02f), record, state);
    BOOST_TEST(state.writing.explicit_nonce == 0x0102030405060800U);
}

BOOST_AUTO_TEST_CASE(tls_1_2_keys_are_those_of_the_rfc_in_both_roles) {
    std::array<std::uint8_t, 48> secret;
    secret.fill(7);
    std::array<std::uint8_t, 32> of_client, of_server;
    of_client.fill(8);
    of_server.fill(9);
    for (const int id : {0xc02f, 0xc030, 0xcca8}) {
        const CipherSuite& suite = *find_suite(static_cast<std::uint16_t>(id));
        RecordState server{}, client{};
        server.role = Role::server;
        client.role = Role::client;
        BOOST_TEST(derive_keys(suite, {secret, of_client, of_server}, server));
        BOOST_TEST(derive_keys(suite, {secret, of_client, of_server}, client));
        BOOST_TEST((server.reading.key == client.writing.key && server.reading.iv == client.writing.iv));
        BOOST_TEST((server.writing.key == client.reading.key && server.writing.iv == client.reading.iv));
        BOOST_TEST((server.writing.key != server.reading.key));
    }
}

BOOST_AUTO_TEST_SUITE_END()
