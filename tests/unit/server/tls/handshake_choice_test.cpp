// What a server shows and asks, by the name that a client asks for.
#include "tests/unit/server/tls/handshake_world.h"

#include <algorithm>

using namespace baton;
using namespace baton::test;
using baton::tls::Role;

namespace {

using SessionPointer = std::unique_ptr<SSL_SESSION, tls::OpensslFree<SSL_SESSION_free>>;

/// The certificate's common name.
std::string shown_to(const OpensslPeer& client) {
    std::array<char, 64> text{};
    X509* const shown = SSL_get0_peer_certificate(client.ssl.get());
    if (shown == nullptr) return {};
    X509_NAME_get_text_by_NID(X509_get_subject_name(shown), NID_commonName, text.data(), text.size());
    return text.data();
}

/// Asks for `name` and says what came of it: the common name that was shown, or the number of the alert.
std::string ask(HandshakeWorld& world, tls::ServerContext& listener, const std::string& name) {
    OpensslPeer client{Role::client};
    client.start(name);
    return world.accept(listener, client).ok() ? shown_to(client) : std::to_string(client.alert());
}

struct Names : HandshakeWorld {
    Names() {
        certificates = {load({.common_name = "exact", .names = "DNS:www.a.example"}),
                        load({.common_name = "wild", .names = "DNS:*.a.example"}),
                        load({.common_name = "other", .names = "DNS:b.example"}, "other")};
    }
};

/// A client with a certificate of its own, or none.
OpensslPeer client_with(const X509* certificate) {
    OpensslPeer client{Role::client};
    if (certificate != nullptr) {
        SSL_CTX_use_certificate(client.context.get(), const_cast<X509*>(certificate));
        SSL_CTX_use_PrivateKey(client.context.get(), test_key(KeyType::ecdsa));
    }
    return client;
}

struct Clients : HandshakeWorld {
    Clients() { certificates = {load({.names = "DNS:a.example,DNS:b.example"})}; }
    tls::X509Pointer authority = make_certificate({.common_name = "CA", .authority = true});
    tls::X509Pointer known = make_certificate({.common_name = "known", .issuer = authority.get()});
    tls::X509Pointer stranger = make_certificate({.common_name = "stranger"});
    tls::X509Pointer expired =
        make_certificate({.common_name = "expired", .issuer = authority.get(), .lifetime = -60});
};

}  // namespace

BOOST_AUTO_TEST_SUITE(handshake_choice)

BOOST_FIXTURE_TEST_CASE(the_certificate_is_chosen_by_the_whole_name, Names) {
    const auto listener_context = listener();
    BOOST_TEST(ask(*this, *listener_context, "www.a.example") == "exact");
    BOOST_TEST(ask(*this, *listener_context, "WWW.A.Example") == "exact");
    BOOST_TEST(ask(*this, *listener_context, "img.a.example") == "wild");
    BOOST_TEST(ask(*this, *listener_context, "b.example") == "other");
}

BOOST_FIXTURE_TEST_CASE(an_unknown_name_is_refused_with_unrecognized_name, Names) {
    const auto listener_context = listener();
    BOOST_TEST(ask(*this, *listener_context, "c.example") == "112");
    BOOST_TEST(ask(*this, *listener_context, "") == "112");
    OpensslPeer client{Role::client};
    client.start("c.example");
    BOOST_TEST((accept(*listener_context, client).fault == HandshakeFault::unknown_name));
}

BOOST_FIXTURE_TEST_CASE(the_default_certificate_is_shown_for_an_unknown_name, Names) {
    default_certificate = "other";
    const auto listener_context = listener();
    BOOST_TEST(ask(*this, *listener_context, "c.example") == "other");
    BOOST_TEST(ask(*this, *listener_context, "") == "other");
}

BOOST_FIXTURE_TEST_CASE(a_pinned_certificate_is_shown_instead_of_the_one_with_the_name, Names) {
    add_host({"www.a.example"}).tls.certificate = "other";
    const auto listener_context = listener();
    BOOST_TEST(ask(*this, *listener_context, "www.a.example") == "other");
    BOOST_TEST(ask(*this, *listener_context, "img.a.example") == "wild");
}

BOOST_FIXTURE_TEST_CASE(renewed_certificates_are_shown_to_the_next_client, Names) {
    const auto listener_context = listener();
    listener_context->replace_certificates(std::make_shared<tls::CertificateStore>(
        std::vector{load({.common_name = "renewed", .names = "DNS:www.a.example"})}, ""));
    BOOST_TEST(ask(*this, *listener_context, "www.a.example") == "renewed");
}

BOOST_FIXTURE_TEST_CASE(a_host_asks_for_its_least_version, Names) {
    add_host({"b.example"}).tls.min_version = config::TlsVersion::tls_1_3;
    const auto listener_context = listener();
    for (const char* const name : {"b.example", "www.a.example"}) {
        OpensslPeer client{Role::client};
        SSL_CTX_set_max_proto_version(client.context.get(), TLS1_2_VERSION);
        client.start(name);
        const Outcome outcome = accept(*listener_context, client);
        const bool refused = std::string_view{name} == "b.example";
        BOOST_TEST(outcome.ok() == !refused);
        if (refused) BOOST_TEST((outcome.fault == HandshakeFault::version));
        if (refused) BOOST_TEST(client.alert() == SSL_AD_PROTOCOL_VERSION);
    }
}

BOOST_FIXTURE_TEST_CASE(the_modern_profile_speaks_tls_1_3_only, Names) {
    config->tls.profile = config::TlsProfile::modern;
    const auto listener_context = listener();
    OpensslPeer client{Role::client};
    SSL_CTX_set_max_proto_version(client.context.get(), TLS1_2_VERSION);
    client.start("b.example");
    BOOST_TEST((accept(*listener_context, client).fault == HandshakeFault::version));
    BOOST_TEST(ask(*this, *listener_context, "b.example") == "other");
}

BOOST_FIXTURE_TEST_CASE(versions_and_suites_that_are_not_spoken_are_refused, Names) {
    const auto listener_context = listener();
    OpensslPeer old{Role::client};
    SSL_CTX_set_security_level(old.context.get(), 0);
    SSL_CTX_set_min_proto_version(old.context.get(), TLS1_VERSION);
    SSL_CTX_set_max_proto_version(old.context.get(), TLS1_1_VERSION);
    old.start("b.example");
    BOOST_TEST((accept(*listener_context, old).fault == HandshakeFault::version));
    OpensslPeer cbc{Role::client};
    SSL_CTX_set_max_proto_version(cbc.context.get(), TLS1_2_VERSION);
    SSL_CTX_set_cipher_list(cbc.context.get(), "ECDHE-ECDSA-AES128-SHA256:ECDHE-ECDSA-AES256-SHA");
    cbc.start("b.example");
    BOOST_TEST((accept(*listener_context, cbc).fault == HandshakeFault::cipher));
    BOOST_TEST(cbc.alert() == SSL_AD_HANDSHAKE_FAILURE);
}

BOOST_FIXTURE_TEST_CASE(a_protocol_in_common_is_agreed_on_or_the_handshake_fails, Names) {
    const auto listener_context = listener();
    const auto offer = [&](std::string_view protocols, OpensslPeer& client) {
        SSL_CTX_set_alpn_protos(client.context.get(),
                                reinterpret_cast<const unsigned char*>(protocols.data()),
                                static_cast<unsigned int>(protocols.size()));
        client.start("b.example");
        return accept(*listener_context, client).ok();
    };
    OpensslPeer browser{Role::client};
    BOOST_TEST(offer("\x02h2\x08http/1.1", browser));
    const unsigned char* chosen = nullptr;
    unsigned int length = 0;
    SSL_get0_alpn_selected(browser.ssl.get(), &chosen, &length);
    BOOST_TEST((std::string_view{reinterpret_cast<const char*>(chosen), length} == "http/1.1"));
    OpensslPeer stranger{Role::client};
    BOOST_TEST(!offer("\x04smtp", stranger));
    BOOST_TEST(stranger.alert() == 120);
}

BOOST_FIXTURE_TEST_CASE(an_ocsp_response_is_stapled_when_the_client_asks, HandshakeWorld) {
    certificates = {load({.names = "DNS:a.example"}, "", "a response")};
    const auto ask_status = [&](tls::ServerContext& context, int version) {
        OpensslPeer client{Role::client};
        SSL_CTX_set_max_proto_version(client.context.get(), version);
        SSL_set_tlsext_status_type(client.start("a.example"), TLSEXT_STATUSTYPE_ocsp);
        BOOST_TEST(accept(context, client).ok());
        const unsigned char* response = nullptr;
        const long length = SSL_get_tlsext_status_ocsp_resp(client.ssl.get(), &response);
        return length < 0 ? std::string{} : std::string(response, response + length);
    };
    BOOST_TEST(ask_status(*listener(), TLS1_3_VERSION) == "a response");
    BOOST_TEST(ask_status(*listener(), TLS1_2_VERSION) == "a response");
    config->tls.ocsp_stapling = config::OcspStapling::off;
    BOOST_TEST(ask_status(*listener(), TLS1_3_VERSION) == "");
    config->tls.ocsp_stapling = config::OcspStapling::automatic;
    certificates = {load({.names = "DNS:a.example"}, "", "a response that has ended since", 1)};
    BOOST_TEST(ask_status(*listener(), TLS1_3_VERSION) == "");
}

BOOST_FIXTURE_TEST_CASE(a_required_client_certificate_lets_in_only_who_has_one, Clients) {
    add_host({"a.example"});
    ask_for_clients(authority.get(), config::ClientAuthMode::require);
    const auto context = listener();
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        const auto come = [&](const X509* certificate, const char* name) {
            OpensslPeer client = client_with(certificate);
            SSL_CTX_set_max_proto_version(client.context.get(), version);
            client.start(name);
            return accept(*context, client);
        };
        const Outcome good = come(known.get(), "a.example");
        BOOST_REQUIRE_MESSAGE(good.ok(), good.detail);
        BOOST_REQUIRE(good.info.client);
        BOOST_TEST(good.info.client->subject == "CN=known");
        BOOST_TEST(good.info.client->issuer == "CN=CA");
        BOOST_TEST(good.info.client->fingerprint.size() == 64U);
        BOOST_TEST(!good.info.client->der.empty());
        BOOST_TEST((come(nullptr, "a.example").fault == HandshakeFault::certificate));
        BOOST_TEST((come(stranger.get(), "a.example").fault == HandshakeFault::certificate));
        BOOST_TEST(come(expired.get(), "a.example").detail == "certificate has expired");
        BOOST_TEST(!come(known.get(), "b.example").info.client);  // nobody has asked
    }
}

BOOST_FIXTURE_TEST_CASE(a_requested_client_certificate_may_be_missing_but_not_wrong, Clients) {
    add_host({"a.example"});
    ask_for_clients(authority.get(), config::ClientAuthMode::request);
    const auto context = listener();
    for (const X509* const certificate :
         std::initializer_list<const X509*>{nullptr, known.get(), stranger.get()}) {
        OpensslPeer client = client_with(certificate);
        client.start("a.example");
        const Outcome outcome = accept(*context, client);
        BOOST_TEST(outcome.ok() == (certificate != stranger.get()));
        BOOST_TEST((outcome.info.client != nullptr) == (certificate == known.get()));
    }
}

BOOST_FIXTURE_TEST_CASE(a_ticket_is_good_only_for_the_rules_that_it_was_issued_under, Clients) {
    certificates.push_back(load({.names = "DNS:c.example"}));
    add_host({"b.example"});
    ask_for_clients(authority.get(), config::ClientAuthMode::require);
    add_host({"a.example", "c.example", "d.a.example"});
    const auto context = listener();
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        const auto come = [&](const std::string& name, SSL_SESSION* session, SessionPointer* kept) {
            OpensslPeer client = client_with(known.get());
            SSL_CTX_set_max_proto_version(client.context.get(), version);
            SSL* const ssl = client.start(name);
            if (session != nullptr) SSL_set_session(ssl, session);
            Outcome outcome = accept(*context, client);
            BOOST_REQUIRE(outcome.ok());
            const bool resumed = outcome.info.resumed;
            BOOST_TEST((outcome.info.client != nullptr) == (name == "b.example"));
            check_data(outcome, client);
            if (kept != nullptr) kept->reset(SSL_get1_session(ssl));
            return resumed;
        };
        SessionPointer of_a, of_b;
        come("a.example", nullptr, &of_a);
        come("b.example", nullptr, &of_b);
        BOOST_TEST(come("a.example", of_a.get(), nullptr));
        BOOST_TEST(come("b.example", of_b.get(), nullptr));
        BOOST_TEST(!come("b.example", of_a.get(), nullptr));  // would get round the client certificate
        BOOST_TEST(!come("a.example", of_b.get(), nullptr));
        BOOST_TEST(!come("c.example", of_a.get(), nullptr));  // another certificate
    }
}

BOOST_FIXTURE_TEST_CASE(without_tickets_nothing_is_resumed, HandshakeWorld) {
    config->tls.session_tickets.enabled = false;
    const auto context = listener();
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        OpensslPeer client{Role::client};
        SSL_CTX_set_max_proto_version(client.context.get(), version);
        client.start("a.example");
        Outcome outcome = accept(*context, client);
        BOOST_REQUIRE(outcome.ok());
        check_data(outcome, client);
        BOOST_TEST(SSL_SESSION_has_ticket(SSL_get0_session(client.ssl.get())) == 0);
    }
}

BOOST_FIXTURE_TEST_CASE(a_connection_may_ask_for_what_its_certificate_and_rules_allow, Clients) {
    certificates.push_back(load({.names = "DNS:*.w.example"}));
    certificates.push_back(load({.names = "DNS:c.example"}));
    add_host({"a.example", "b.example", "*.w.example", "c.example"});
    add_host({"strict.w.example"}).tls.min_version = config::TlsVersion::tls_1_3;
    add_host({"secret.w.example"});
    ask_for_clients(authority.get(), config::ClientAuthMode::require);
    const auto context = listener();
    const auto serves = [&](const std::string& established_for, std::string_view host,
                            tls::Version version = tls::Version::tls_1_3) {
        tls::TlsInfo info;
        info.version = version;
        info.server_name = established_for;
        return context->serves(info, host);
    };
    BOOST_TEST(serves("a.example", "a.example"));
    BOOST_TEST(serves("a.example", "b.example"));  // the same certificate
    BOOST_TEST(!serves("a.example", "c.example"));
    BOOST_TEST(serves("x.w.example", "y.w.example"));
    BOOST_TEST(serves("x.w.example", "strict.w.example"));
    BOOST_TEST(!serves("x.w.example", "strict.w.example", tls::Version::tls_1_2));
    BOOST_TEST(!serves("x.w.example", "secret.w.example"));
    BOOST_TEST(!serves("secret.w.example", "x.w.example"));
    BOOST_TEST(!serves("", "secret.w.example"));
}

BOOST_AUTO_TEST_SUITE_END()
