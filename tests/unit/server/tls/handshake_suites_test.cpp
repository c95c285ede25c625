// Every suite, in both roles, with both types of keys, in full and resumed, against OpenSSL.
#include "tests/unit/server/tls/handshake_world.h"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>

using namespace baton;
using namespace baton::test;
using baton::tls::Role;
using baton::tls::Version;

namespace {

constexpr std::array<std::uint16_t, 9> every_suite{0x1301, 0x1302, 0x1303, 0xc02b, 0xc02c,
                                                   0xc02f, 0xc030, 0xcca8, 0xcca9};

/// The type of key that a suite of TLS 1.2 asks for.
KeyType key_of(std::uint16_t suite) {
    return suite == 0xc02f || suite == 0xc030 || suite == 0xcca8 ? KeyType::rsa : KeyType::ecdsa;
}

void offer_both_keys(HandshakeWorld& world) {
    world.certificates = {load({.names = "DNS:a.example", .key = KeyType::ecdsa}),
                          load({.names = "DNS:a.example", .key = KeyType::rsa})};
}

/// OpenSSL as a server with a certificate that `trust` trusts.
void serve(OpensslPeer& peer, KeyType type, tls::UpstreamTrust& trust, const std::string& names) {
    const tls::X509Pointer certificate = make_certificate({.names = names, .key = type});
    SSL_CTX_use_certificate(peer.context.get(), certificate.get());
    SSL_CTX_use_PrivateKey(peer.context.get(), test_key(type));
    trust.trusted.reset(X509_STORE_new(), X509_STORE_free);
    X509_STORE_add_cert(trust.trusted.get(), certificate.get());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(handshake_suites)

BOOST_DATA_TEST_CASE(a_server_takes_over_every_suite, boost::unit_test::data::make(every_suite), suite) {
    HandshakeWorld world;
    offer_both_keys(world);
    const auto listener = world.listener();
    OpensslPeer client{Role::client};
    client.only(suite);
    client.start("a.example");
    Outcome outcome = world.accept(*listener, client);
    BOOST_REQUIRE_MESSAGE(outcome.ok(), to_string(outcome.fault) << ": " << outcome.detail);
    BOOST_TEST(outcome.info.suite == suite);
    BOOST_TEST(outcome.info.server_name == "a.example");
    BOOST_TEST(!outcome.info.resumed);
    BOOST_TEST(outcome.info.version_name() == (suite < 0xc000 ? "TLSv1.3" : "TLSv1.2"));
    BOOST_TEST((outcome.keys->role == Role::server));
    world.check_data(outcome, client);
}

BOOST_DATA_TEST_CASE(a_server_takes_over_what_arrives_byte_by_byte, boost::unit_test::data::make(every_suite),
                     suite) {
    HandshakeWorld world;
    offer_both_keys(world);
    const auto listener = world.listener();
    OpensslPeer client{Role::client};
    client.only(suite);
    client.start("a.example");
    Outcome outcome = world.accept(*listener, client, 1);
    BOOST_REQUIRE_MESSAGE(outcome.ok(), to_string(outcome.fault) << ": " << outcome.detail);
    world.check_data(outcome, client);
}

BOOST_DATA_TEST_CASE(a_server_takes_over_a_resumed_connection, boost::unit_test::data::make(every_suite),
                     suite) {
    HandshakeWorld world;
    offer_both_keys(world);
    const auto listener = world.listener();
    OpensslPeer client{Role::client};
    client.only(suite);
    client.start("a.example");
    Outcome full = world.accept(*listener, client);
    BOOST_REQUIRE(full.ok());
    world.check_data(full, client);
    const std::unique_ptr<SSL_SESSION, tls::OpensslFree<SSL_SESSION_free>> session{
        SSL_get1_session(client.ssl.get())};

    OpensslPeer again{Role::client};
    again.only(suite);
    SSL_set_session(again.start("a.example"), session.get());
    Outcome resumed = world.accept(*listener, again);
    BOOST_REQUIRE_MESSAGE(resumed.ok(), to_string(resumed.fault) << ": " << resumed.detail);
    BOOST_TEST(resumed.info.resumed);
    BOOST_TEST(SSL_session_reused(again.ssl.get()) == 1);
    world.check_data(resumed, again);
}

BOOST_DATA_TEST_CASE(a_client_takes_over_every_suite, boost::unit_test::data::make(every_suite), suite) {
    HandshakeWorld world;
    OpensslPeer server{Role::server};
    tls::UpstreamTrust trust;
    serve(server, key_of(suite), trust, "DNS:up.example");
    server.only(suite);
    server.start();
    const auto context = tls::ClientContext::create({}, trust);
    BOOST_REQUIRE(context.has_value());
    for (const std::size_t piece : {SIZE_MAX, std::size_t{1}}) {
        server.established = server.failed = false;
        server.start();
        Outcome outcome = world.connect(**context, "up.example", server, piece);
        BOOST_REQUIRE_MESSAGE(outcome.ok(), to_string(outcome.fault) << ": " << outcome.detail);
        BOOST_TEST(outcome.info.suite == suite);
        BOOST_TEST((outcome.keys->role == Role::client));
        world.check_data(outcome, server);
    }
}

BOOST_DATA_TEST_CASE(the_type_of_key_is_the_one_that_the_client_understands,
                     boost::unit_test::data::make({"ECDSA+SHA256", "rsa_pss_rsae_sha256"}), algorithm) {
    HandshakeWorld world;
    offer_both_keys(world);
    const auto listener = world.listener();
    OpensslPeer client{Role::client};
    SSL_CTX_set1_sigalgs_list(client.context.get(), algorithm);
    client.start("a.example");
    Outcome outcome = world.accept(*listener, client);
    BOOST_REQUIRE(outcome.ok());
    const int shown = EVP_PKEY_get_base_id(X509_get0_pubkey(SSL_get0_peer_certificate(client.ssl.get())));
    BOOST_TEST(shown == (std::string_view{algorithm}.starts_with("rsa") ? EVP_PKEY_RSA : EVP_PKEY_EC));
}

BOOST_AUTO_TEST_CASE(application_data_right_behind_finished_is_left_to_the_record_layer) {
    HandshakeWorld world;
    const auto listener = world.listener();
    OpensslPeer client{Role::client};
    client.start("a.example");
    const auto ours = Handshake::accept(*world.workspace, *listener);
    ByteQueue output{world.blocks};
    client.step();
    BOOST_REQUIRE((ours->feed(client.take(), output).status == Handshake::Status::need_more));
    client.give(output.to_string());
    client.step();
    BOOST_TEST(client.write("early bird"));
    std::string input = client.take();
    Handshake::Progress progress{};
    while (progress.status == Handshake::Status::need_more) {
        progress = ours->feed(input, output);
        BOOST_REQUIRE(progress.consumed > 0U);
        input.erase(0, progress.consumed);
    }
    BOOST_REQUIRE((progress.status == Handshake::Status::done));
    tls::RecordLayer layer{*world.workspace, std::move(*ours).take_established().keys};
    BOOST_TEST(world.receive(layer, input) == "early bird");
}

BOOST_AUTO_TEST_CASE(what_the_client_can_take_at_once_is_remembered) {
    HandshakeWorld world;
    const auto listener = world.listener();
    OpensslPeer client{Role::client};
    SSL_CTX_set_tlsext_max_fragment_length(client.context.get(), TLSEXT_max_fragment_length_1024);
    client.start("a.example");
    Outcome outcome = world.accept(*listener, client);
    BOOST_REQUIRE(outcome.ok());
    BOOST_TEST(outcome.keys->longest_plaintext == 1024U);
}

BOOST_AUTO_TEST_CASE(nothing_is_left_in_locked_memory_when_a_handshake_is_given_up) {
    HandshakeWorld world;
    const auto listener = world.listener();
    OpensslPeer client{Role::client};
    client.start("a.example");
    {
        const auto ours = Handshake::accept(*world.workspace, *listener);
        ByteQueue output{world.blocks};
        client.step();
        ours->feed(client.take(), output);
        BOOST_TEST(world.workspace->keys.in_use() > 0U);
    }
    BOOST_TEST(world.workspace->keys.in_use() == 0U);
}

BOOST_AUTO_TEST_SUITE_END()
