#include "server/tls/load_material.h"

#include "server/tls/material.h"
#include "tests/support/certificate_folder.h"

#include <openssl/pem.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>

using namespace baton;
using namespace baton::tls;
using baton::test::CertificateFolder;

namespace {

/// A configuration of which line n of `baton.yaml` is about the file that stands there.
struct World {
    CertificateFolder folder;
    config::Config config;

    World() {
        folder.write("baton.yaml", "# one\n  a.crt  # the chain\n  \"b.crt\"\n  { ca: c.pem }\n");
        config::Listener listener;
        listener.tls = true;
        listener.origin = {folder.file("baton.yaml"), 1, 3};
        config.listeners.push_back(listener);
        config.hosts.emplace_back();
    }
    void add(const std::string& name, int line = 2) {
        config.tls.certificates.push_back(folder.files(name, name + ".crt", name + ".key", line));
    }
    LoadedMaterial load(Strictness strictness = Strictness::refuse) const {
        return load_material(config, strictness);
    }
};

std::string codes_of(const LoadedMaterial& loaded) {
    std::string codes;
    for (const auto& finding : loaded.findings) {
        codes += (codes.empty() ? "" : " ") + finding.code;
        codes += finding.severity == config::Severity::error ? "!" : "";
    }
    return codes;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(load_material_of_tls)

BOOST_AUTO_TEST_CASE(without_tls_there_is_nothing_to_load) {
    const config::Config config;
    const auto loaded = load_material(config, Strictness::refuse);
    BOOST_TEST(loaded.ok());
    BOOST_TEST(loaded.material == nullptr);
}

BOOST_AUTO_TEST_CASE(a_good_configuration_has_no_findings) {
    World world;
    world.folder.put("DNS:a.example", "a.crt", "a.key");
    world.add("a");
    const auto loaded = world.load();
    BOOST_TEST(codes_of(loaded) == "");
    BOOST_REQUIRE(loaded.material != nullptr);
    BOOST_TEST(loaded.material->certificates->find("a.example") != nullptr);
    BOOST_TEST(loaded.material->client_authority.size() == 1u);
    BOOST_TEST(loaded.material->client_authority.front() == nullptr);
}

BOOST_AUTO_TEST_CASE(a_tls_listener_without_certificates_is_an_error) {
    const World world;
    BOOST_TEST(codes_of(world.load()) == "E-REQ!");
    BOOST_TEST(codes_of(world.load(Strictness::cold_start)) == "E-REQ!");
}

BOOST_AUTO_TEST_CASE(a_bad_certificate_is_refused_or_left_out) {
    World world;
    world.folder.put("DNS:a.example", "a.crt", "a.key");
    world.folder.write("b.crt", "garbage");
    world.folder.write("b.key", "garbage");
    world.add("a", 2);
    world.add("b", 3);
    const auto refused = world.load();
    BOOST_TEST(codes_of(refused) == "E-CERT!");
    BOOST_TEST(refused.material == nullptr);
    const auto& finding = refused.findings.front();
    BOOST_TEST(finding.line == 3);
    BOOST_TEST(finding.column == 3);
    BOOST_TEST(finding.end_column == 10);
    BOOST_TEST(finding.source_line == "  \"b.crt\"");
    BOOST_TEST(finding.path == "tls.certificates[1].cert");
    BOOST_TEST(finding.message.find("b.crt: there is no PEM certificate in it") != std::string::npos);

    const auto left_out = world.load(Strictness::cold_start);
    BOOST_TEST(codes_of(left_out) == "E-CERT");
    BOOST_REQUIRE(left_out.material != nullptr);
    BOOST_TEST(left_out.material->certificates->certificates().size() == 1u);
    world.config.tls.on_error = config::OnCertificateError::skip;
    BOOST_TEST(codes_of(world.load()) == "E-CERT");
}

BOOST_AUTO_TEST_CASE(a_cold_start_goes_on_even_when_every_certificate_is_bad) {
    World world;
    world.add("a");
    BOOST_TEST(codes_of(world.load()) == "E-FILE! E-CERT!");
    const auto loaded = world.load(Strictness::cold_start);
    BOOST_TEST(codes_of(loaded) == "E-FILE E-CERT");
    BOOST_TEST(loaded.material != nullptr);
}

BOOST_AUTO_TEST_CASE(the_end_of_a_certificate_is_announced) {
    World world;
    test::CertificateWish wish;
    wish.names = "DNS:a.example";
    wish.lifetime = 13L * 86400 + 3600;
    world.folder.put(wish, "a.crt", "a.key");
    world.add("a");
    const auto expiring = world.load();
    BOOST_TEST(codes_of(expiring) == "W-CERT-EXPIRY");
    BOOST_TEST(expiring.findings.front().message.find("in 13 days") != std::string::npos);
    BOOST_TEST(expiring.material != nullptr);
    wish.lifetime = -60;
    world.folder.put(wish, "a.crt", "a.key");
    const auto expired = world.load();
    BOOST_TEST(codes_of(expired) == "W-CERT-EXPIRY");
    BOOST_TEST(expired.findings.front().message.find("has expired on") != std::string::npos);
    wish.lifetime = 15L * 86400;
    world.folder.put(wish, "a.crt", "a.key");
    BOOST_TEST(codes_of(world.load()) == "");
}

BOOST_AUTO_TEST_CASE(names_that_are_pinned_must_exist) {
    World world;
    world.folder.put("DNS:a.example", "shop.crt", "shop.key");
    world.add("shop");
    world.config.tls.default_certificate = "shop";
    world.config.hosts.front().tls.certificate = "shpo";
    world.config.hosts.front().tls.certificate_origin = {world.folder.file("baton.yaml"), 4, 5};
    const auto loaded = world.load();
    BOOST_TEST(codes_of(loaded) == "E-REF!");
    const auto& finding = loaded.findings.front();
    BOOST_TEST(finding.path == "hosts[0].tls.certificate");
    BOOST_TEST(finding.help == "did you mean `shop`?");
    BOOST_TEST(finding.line == 4);
}

BOOST_AUTO_TEST_CASE(client_authorities_are_loaded_with_their_names_and_a_policy_of_their_own) {
    World world;
    world.folder.put("DNS:a.example", "a.crt", "a.key");
    world.add("a");
    const auto authority = test::make_certificate({.common_name = "ca", .names = "", .authority = true});
    world.folder.write("ca.pem", test::pem_of(authority.get()));
    world.config.hosts.resize(3);
    for (auto& host : world.config.hosts) {
        host.tls.client_auth.mode = config::ClientAuthMode::require;
        host.tls.client_auth.ca = world.folder.at("ca.pem", 4);
    }
    world.config.hosts[2].tls.client_auth.mode = config::ClientAuthMode::request;
    const auto loaded = world.load();
    BOOST_REQUIRE(loaded.material != nullptr);
    const auto& all = loaded.material->client_authority;
    BOOST_REQUIRE(all.size() == 3u);
    BOOST_TEST(all[0]->announced_names.size() == 1u);
    BOOST_TEST((all[0]->identity == all[1]->identity));
    BOOST_TEST((all[0]->identity != all[2]->identity));
}

BOOST_AUTO_TEST_CASE(a_client_authority_that_cannot_be_used_is_an_error_even_at_a_cold_start) {
    World world;
    world.folder.put("DNS:a.example", "a.crt", "a.key");
    world.add("a");
    auto& settings = world.config.hosts.front().tls.client_auth;
    settings.mode = config::ClientAuthMode::require;
    settings.ca = world.folder.at("missing.pem", 4);
    BOOST_TEST(codes_of(world.load(Strictness::cold_start)) == "E-FILE!");
    world.folder.write("missing.pem", "garbage");
    BOOST_TEST(codes_of(world.load(Strictness::cold_start)) == "E-CERT!");
    world.folder.write("missing.pem", world.folder.read("a.crt"));
    settings.crl = world.folder.at("list.pem", 4);
    BOOST_TEST(codes_of(world.load(Strictness::cold_start)) == "E-FILE!");
    world.folder.write("list.pem", "garbage");
    BOOST_TEST(codes_of(world.load(Strictness::cold_start)) == "E-CERT!");
}

BOOST_AUTO_TEST_CASE(upstreams_have_their_trust_and_share_that_of_the_system) {
    World world;
    world.config.listeners.clear();
    world.folder.put("DNS:a.example", "ca.crt", "ca.key");
    config::Upstream upstream;
    upstream.tls.enabled = true;
    upstream.tls.ca = world.folder.at("ca.crt");
    upstream.tls.cert = world.folder.at("ca.crt");
    upstream.tls.key = world.folder.at("ca.key");
    world.config.upstreams["own"] = upstream;
    upstream.tls = {};
    upstream.tls.enabled = true;
    world.config.upstreams["one"] = upstream;
    world.config.upstreams["two"] = upstream;
    upstream.tls.verify = false;
    world.config.upstreams["careless"] = upstream;
    upstream.tls.enabled = false;
    world.config.upstreams["plain"] = upstream;
    const auto loaded = world.load();
    if (codes_of(loaded).find("E-FILE") != std::string::npos) return;  // a system without authorities
    BOOST_REQUIRE(loaded.material != nullptr);
    const auto& all = loaded.material->upstreams;
    BOOST_TEST(all.size() == 4u);
    BOOST_TEST(all.at("own").certificate != nullptr);
    BOOST_TEST(all.at("own").key != nullptr);
    BOOST_TEST(all.at("one").trusted != nullptr);
    BOOST_TEST(all.at("one").trusted == all.at("two").trusted);
    BOOST_TEST(all.at("own").trusted != all.at("one").trusted);
    BOOST_TEST(all.at("careless").trusted == nullptr);
}

BOOST_AUTO_TEST_CASE(an_upstream_ca_that_cannot_be_used_is_an_error_and_a_client_certificate_is_left_out) {
    World world;
    world.config.listeners.clear();
    world.folder.put("DNS:a.example", "a.crt", "a.key");
    auto& upstream = world.config.upstreams["app"];
    upstream.name = "app";
    upstream.tls.enabled = true;
    upstream.tls.ca = world.folder.at("missing.crt");
    BOOST_TEST(codes_of(world.load(Strictness::cold_start)) == "E-FILE!");
    upstream.tls.ca = world.folder.at("a.key");
    BOOST_TEST(codes_of(world.load(Strictness::cold_start)) == "E-CERT!");
    upstream.tls.ca = world.folder.at("a.crt");
    upstream.tls.cert = world.folder.at("missing.crt");
    upstream.tls.key = world.folder.at("a.key");
    const auto refused = world.load();
    BOOST_TEST(codes_of(refused) == "E-FILE!");
    BOOST_TEST(refused.findings.front().path == "upstreams.app.tls.cert");
    const auto left_out = world.load(Strictness::cold_start);
    BOOST_TEST(codes_of(left_out) == "E-FILE");
    BOOST_TEST(left_out.material->upstreams.at("app").certificate == nullptr);
}

BOOST_AUTO_TEST_CASE(ticket_keys_have_eighty_bytes_and_names_of_their_own) {
    World world;
    world.folder.put("DNS:a.example", "a.crt", "a.key");
    world.add("a");
    world.folder.write("one", std::string(80, '1'));
    world.folder.write("two", std::string(80, '2'));
    auto& files = world.config.tls.session_tickets.key_files;
    files = {world.folder.at("one"), world.folder.at("two")};
    const auto loaded = world.load();
    BOOST_REQUIRE(loaded.material != nullptr);
    BOOST_REQUIRE(loaded.material->ticket_keys.size() == 2u);
    BOOST_TEST(loaded.material->ticket_keys[1][79] == '2');
    world.folder.write("two", std::string(79, '2'));
    BOOST_TEST(codes_of(world.load(Strictness::cold_start)) == "E-FILE!");
    world.folder.write("two", std::string(80, '1'));
    BOOST_TEST(codes_of(world.load()) == "E-DUP!");
    world.folder.write("two", std::string(80, '2'));
    std::filesystem::permissions(world.folder.file("two"), std::filesystem::perms{0644});
    BOOST_TEST(codes_of(world.load()) == "W-WORLD-READABLE");
}

BOOST_AUTO_TEST_SUITE_END()
