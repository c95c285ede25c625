// What is no handshake, and servers that a client does not trust.
#include "tests/unit/server/tls/handshake_world.h"

using namespace baton;
using namespace baton::test;
using baton::tls::Role;
using namespace std::string_literals;

namespace {

struct Refusal {
    Handshake::Status status = Handshake::Status::need_more;
    HandshakeFault fault{};
    std::string said;
};

Refusal send(HandshakeWorld& world, std::string_view bytes) {
    const auto context = world.listener();
    const auto ours = Handshake::accept(*world.workspace, *context);
    Refusal refusal;
    while (refusal.status == Handshake::Status::need_more) {
        ByteQueue output{world.blocks};
        const Handshake::Progress progress = ours->feed(bytes, output);
        refusal.status = progress.status;
        refusal.said += output.to_string();
        bytes.remove_prefix(progress.consumed);
        if (progress.consumed == 0) break;
    }
    if (refusal.status == Handshake::Status::failed) refusal.fault = ours->failure().fault;
    return refusal;
}

/// A fatal alert without encryption.
std::string alert(char number) {
    return std::string{"\x15\x03\x03\x00\x02\x02", 6} + number;
}

std::string first_flight(const std::string& name) {
    OpensslPeer client{Role::client};
    client.start(name);
    client.step();
    return client.take();
}

/// A server with `certificate` meets a client that trusts `trusted` and means `name`.
Outcome meet(HandshakeWorld& world, const X509* certificate, const X509* trusted, std::string_view name,
             bool verify = true) {
    OpensslPeer server{Role::server};
    SSL_CTX_use_certificate(server.context.get(), const_cast<X509*>(certificate));
    SSL_CTX_use_PrivateKey(server.context.get(), test_key(KeyType::ecdsa));
    server.start();
    tls::UpstreamTrust trust;
    trust.trusted.reset(X509_STORE_new(), X509_STORE_free);
    X509_STORE_add_cert(trust.trusted.get(), const_cast<X509*>(trusted));
    config::UpstreamTls settings;
    settings.verify = verify;
    const auto context = tls::ClientContext::create(settings, trust);
    BOOST_REQUIRE(context.has_value());
    return world.connect(**context, name, server);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(handshake_refusals)

BOOST_AUTO_TEST_CASE(http_on_a_tls_port_is_answered_in_http) {
    for (const char* const request : {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "G", "OPTIONS * HTTP/1.1\r\n"}) {
        HandshakeWorld world;
        const Refusal refusal = send(world, request);
        BOOST_TEST((refusal.fault == HandshakeFault::not_tls));
        BOOST_TEST(refusal.said.starts_with("HTTP/1.1 400 Bad Request\r\n"));
        const std::size_t body = refusal.said.find("\r\n\r\n") + 4;
        const std::string length = "Content-Length: " + std::to_string(refusal.said.size() - body) + "\r\n";
        BOOST_TEST(refusal.said.find(length) != std::string::npos);
    }
}

BOOST_AUTO_TEST_CASE(garbage_is_answered_with_an_alert) {
    HandshakeWorld world;
    const Refusal refusal = send(world, "\x01\x02\x03\x04\x05\x06");
    BOOST_TEST((refusal.fault == HandshakeFault::not_tls));
    BOOST_TEST(refusal.said == alert(10));
}

BOOST_AUTO_TEST_CASE(an_sslv2_hello_is_refused) {
    HandshakeWorld world;
    const Refusal refusal = send(world, "\x80\x2e\x01\x03\x01");
    BOOST_TEST((refusal.fault == HandshakeFault::version));
    BOOST_TEST(refusal.said == alert(70));
}

BOOST_AUTO_TEST_CASE(a_record_that_is_too_long_is_refused_before_it_has_arrived) {
    HandshakeWorld world;
    const Refusal refusal = send(world, "\x16\x03\x01\x60\x01");
    BOOST_TEST((refusal.fault == HandshakeFault::protocol));
    BOOST_TEST(refusal.said == alert(22));
}

BOOST_AUTO_TEST_CASE(garbage_in_the_middle_of_a_handshake_ends_it) {
    HandshakeWorld world;
    for (const std::string_view garbage : {"\x99garbage", "\x16\x03\x03\x60\x01", "GET / HTTP/1.1"}) {
        const Refusal refusal = send(world, first_flight("a.example") + std::string{garbage});
        BOOST_TEST((refusal.status == Handshake::Status::failed));
        BOOST_TEST((refusal.fault != HandshakeFault::internal));
        BOOST_TEST(refusal.said.find("HTTP/1.1") == std::string::npos);
    }
}

BOOST_AUTO_TEST_CASE(a_header_that_cannot_stand_is_answered_with_the_same_alert_however_much_of_it_has_come) {
    HandshakeWorld world;
    using namespace std::string_view_literals;
    const std::string part_of_a_hello = "\x16\x03\x01\x00\x06\x01\x00\x00\x90\x03\x03"s;
    // The second announces a body that OpenSSL would wait for.
    for (const std::string_view garbage : {"\x06"sv, "\x06\x03\x08\x07\x08"sv, "\x16\x04"sv, "GET"sv}) {
        const Refusal refusal = send(world, part_of_a_hello + std::string{garbage});
        BOOST_TEST((refusal.fault == HandshakeFault::protocol));
        BOOST_TEST(refusal.said == alert(10));
    }
}

BOOST_AUTO_TEST_CASE(a_record_is_too_long_for_every_version_by_the_same_byte) {
    HandshakeWorld world;
    // OpenSSL would take it, and wait for the rest.
    const std::string one_too_many = "\x16\x03\x03\x41\x01"s;
    BOOST_TEST(send(world, one_too_many).said == alert(22));
    BOOST_TEST(send(world, "\x16\x03\x01\x00\x06\x01\x00\x00\x90\x03\x03"s + one_too_many).said == alert(22));
}

BOOST_AUTO_TEST_CASE(records_that_cannot_come_first_are_refused) {
    HandshakeWorld world;
    using namespace std::string_view_literals;
    for (const std::string_view record :
         {"\x17\x03\x03\x00\x05hello"sv, "\x16\x03\x03\x00\x04\x02\x00\x00\x00"sv,
          "\x15\x03\x03\x00\x02\x02\x28"sv}) {
        BOOST_TEST((send(world, record).status == Handshake::Status::failed));
    }
}

BOOST_AUTO_TEST_CASE(a_hello_of_a_version_that_never_was_is_refused) {
    HandshakeWorld world;
    OpensslPeer client{Role::client};
    SSL_CTX_set_max_proto_version(client.context.get(), TLS1_2_VERSION);
    client.start("a.example");
    client.step();
    std::string hello = client.take();
    constexpr std::size_t version_in_it = 9;  // behind the headers of record and message
    hello[version_in_it] = '\x02';
    const Refusal refusal = send(world, hello);
    BOOST_TEST((refusal.fault == HandshakeFault::version));
    BOOST_TEST(refusal.said == "\x15\x02\x03\0\x02\x02\x46"s);
}

BOOST_AUTO_TEST_CASE(a_name_with_a_nul_is_not_a_shorter_name) {
    HandshakeWorld world;
    std::string hello = first_flight("a.examplexx.example");
    const std::size_t at = hello.find("xx.example");
    BOOST_REQUIRE(at != std::string::npos);
    hello[at] = '\0';
    const Refusal refusal = send(world, hello);
    BOOST_TEST((refusal.fault == HandshakeFault::unknown_name));
    BOOST_TEST(refusal.said == alert(112));
}

BOOST_AUTO_TEST_CASE(a_client_takes_a_server_that_it_trusts) {
    HandshakeWorld world;
    const auto certificate = make_certificate({.names = "DNS:up.example,IP:127.0.0.1,IP:::1"});
    for (const char* const name : {"up.example", "127.0.0.1", "::1"})
        BOOST_TEST(meet(world, certificate.get(), certificate.get(), name).ok());
}

BOOST_AUTO_TEST_CASE(a_client_refuses_a_server_with_another_name) {
    HandshakeWorld world;
    const auto certificate = make_certificate({.names = "DNS:up.example"});
    for (const char* const name : {"down.example", "127.0.0.1"}) {
        const Outcome outcome = meet(world, certificate.get(), certificate.get(), name);
        BOOST_TEST((outcome.fault == HandshakeFault::certificate));
        BOOST_TEST(outcome.detail.ends_with("mismatch"), outcome.detail);
    }
}

BOOST_AUTO_TEST_CASE(a_client_refuses_a_server_that_nobody_vouches_for) {
    HandshakeWorld world;
    const auto certificate = make_certificate({.names = "DNS:up.example"});
    const auto other = make_certificate({.common_name = "other"});
    const Outcome outcome = meet(world, certificate.get(), other.get(), "up.example");
    BOOST_TEST((outcome.fault == HandshakeFault::certificate));
    BOOST_TEST(!outcome.detail.empty());
    BOOST_TEST(meet(world, certificate.get(), other.get(), "up.example", false).ok());
}

BOOST_AUTO_TEST_CASE(a_client_that_has_nothing_to_compare_a_certificate_with_does_not_begin) {
    HandshakeWorld world;
    tls::UpstreamTrust trust;
    const auto context = tls::ClientContext::create({}, trust);
    BOOST_TEST(!Handshake::connect(*world.workspace, **context, ""));
    BOOST_TEST(!Handshake::connect(*world.workspace, **context, std::string_view{"a\0b", 3}));
}

BOOST_AUTO_TEST_CASE(a_client_shows_its_certificate_and_sends_the_name) {
    HandshakeWorld world;
    const auto certificate = make_certificate({.common_name = "both", .names = "DNS:up.example"});
    OpensslPeer server{Role::server};
    SSL_CTX_use_certificate(server.context.get(), certificate.get());
    SSL_CTX_use_PrivateKey(server.context.get(), test_key(KeyType::ecdsa));
    SSL_CTX_set_verify(server.context.get(), SSL_VERIFY_PEER, [](int, X509_STORE_CTX*) { return 1; });
    server.start();
    tls::UpstreamTrust trust;
    trust.trusted.reset(X509_STORE_new(), X509_STORE_free);
    X509_STORE_add_cert(trust.trusted.get(), certificate.get());
    X509_up_ref(certificate.get());
    trust.certificate.reset(certificate.get());
    EVP_PKEY_up_ref(test_key(KeyType::ecdsa));
    trust.key.reset(test_key(KeyType::ecdsa));
    const auto context = tls::ClientContext::create({}, trust);
    BOOST_REQUIRE(world.connect(**context, "up.example", server).ok());
    BOOST_TEST(SSL_get0_peer_certificate(server.ssl.get()) != nullptr);
    BOOST_TEST(SSL_get_servername(server.ssl.get(), TLSEXT_NAMETYPE_host_name) == std::string{"up.example"});
}

BOOST_AUTO_TEST_SUITE_END()
