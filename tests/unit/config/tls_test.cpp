#include "config/dump.h"
#include "tests/unit/config/loading.h"

#include <boost/test/unit_test.hpp>

using namespace baton::config;

namespace {

/// A plain and a TLS listener with a certificate, `more` of `tls`, and these hosts.
std::string with_tls(std::string_view hosts, std::string_view tls = {}) {
    return "tls:\n  certificates: [{ name: www, cert: www.crt, key: /k/www.key }]\n" + std::string(tls) +
           "listeners:\n  - { name: plain, address: \":8080\" }\n"
           "  - { name: secure, address: [\"unix:/tmp/s\", \":8443\"], tls: true }\nhosts:\n" +
           std::string(hosts);
}

const std::string one_host = "  - { names: [a.test], routes: [{ respond: {} }] }\n";

std::string host_with(std::string_view keys) {
    return "  - { names: [a.test], routes: [{ respond: {} }], " + std::string(keys) + " }\n";
}

LoadResult good(std::string_view text) {
    auto result = load(text);
    BOOST_REQUIRE_MESSAGE(result.ok(), all(result));
    return result;
}

Host host_of(std::string_view keys, std::string_view tls = {}) {
    return good(with_tls(host_with(keys), tls)).config->hosts.front();
}

LoadResult upstream_with(std::string_view tls) {
    return load(
        "listeners: [\":1\"]\nhosts: [{ routes: [{ to: u }] }]\nupstreams:\n  u: { endpoints: [\"a:1\"], "
        "tls: " +
        std::string(tls) + " }\n");
}

UpstreamTls upstream_of(std::string_view tls) {
    const auto result = upstream_with(tls);
    BOOST_REQUIRE_MESSAGE(result.ok(), all(result));
    return result.config->upstreams.at("u").tls;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(tls_keys)

BOOST_AUTO_TEST_CASE(files_are_below_the_configurations_folder_and_remember_where_they_were_named) {
    const auto result = good(with_tls(one_host, "  directories: [live/*, /etc/x]\n"));
    const Tls& tls = result.config->tls;
    BOOST_REQUIRE(tls.certificates.size() == 1U);
    BOOST_TEST(tls.certificates[0].name == "www");
    BOOST_TEST(tls.certificates[0].cert.path ==
               (std::filesystem::current_path() / "www.crt").lexically_normal().string());
    BOOST_TEST(tls.certificates[0].key.path == "/k/www.key");
    BOOST_TEST(tls.certificates[0].cert.origin.file == "baton.yaml");
    BOOST_TEST(tls.certificates[0].cert.origin.line == 2);
    BOOST_TEST(tls.certificates[0].cert.origin.column == 37);
    BOOST_TEST(tls.certificates[0].ocsp.empty());
    BOOST_REQUIRE(tls.directories.size() == 2U);
    BOOST_TEST(tls.directories[0].path.ends_with("/live/*"));
    BOOST_TEST(tls.directories[1].origin.column == 25);
    BOOST_TEST(tls.origin.line == 2);
}

BOOST_AUTO_TEST_CASE(what_is_not_written_has_its_default) {
    const Config config = *good(minimal_with("")).config;
    BOOST_TEST(config.tls.watch);
    BOOST_TEST((config.tls.on_error == OnCertificateError::fail));
    BOOST_TEST((config.tls.profile == TlsProfile::intermediate));
    BOOST_TEST((config.tls.min_version == TlsVersion::tls_1_2));
    BOOST_TEST(config.tls.session_tickets.enabled);
    BOOST_TEST((config.tls.session_tickets.rotate == std::chrono::hours{12}));
    BOOST_TEST(config.tls.session_tickets.keep == 2U);
    BOOST_TEST((config.tls.ocsp_stapling == OcspStapling::automatic));
    BOOST_TEST(!config.listeners[0].tls);
    BOOST_TEST(!config.hosts[0].redirects_to_https);
    BOOST_TEST(config.hosts[0].hsts.empty());
    BOOST_TEST((config.hosts[0].tls.client_auth.mode == ClientAuthMode::off));
    BOOST_TEST(!config.upstreams.at("app").tls.enabled);
}

BOOST_AUTO_TEST_CASE(the_modern_profile_raises_the_least_version_of_all_hosts) {
    const auto result = good(with_tls(one_host, "  profile: modern\n"));
    BOOST_TEST((result.config->tls.min_version == TlsVersion::tls_1_3));
    BOOST_TEST((result.config->hosts[0].tls.min_version == TlsVersion::tls_1_3));
    BOOST_TEST(place_of(load(with_tls(one_host, "  profile: modern\n  min_version: 1.2\n")), "E-CONFLICT") ==
               "4:16");
}

BOOST_AUTO_TEST_CASE(a_host_asks_for_no_less_than_all_do) {
    BOOST_TEST((host_of("tls: { min_version: 1.3 }").tls.min_version == TlsVersion::tls_1_3));
    BOOST_TEST((host_of("tls: {}", "  min_version: 1.3\n").tls.min_version == TlsVersion::tls_1_3));
    BOOST_TEST(place_of(load(with_tls(host_with("tls: { min_version: 1.2 }"), "  min_version: 1.3\n")),
                        "E-CONFLICT") == "8:71");
}

BOOST_AUTO_TEST_CASE(plain_http_is_sent_to_the_port_of_the_tls_listener_that_serves_the_host_too) {
    const Host both = host_of("redirect_https: auto");
    BOOST_TEST(both.redirects_to_https);
    BOOST_TEST(both.https_port == 8443);
    BOOST_TEST(!host_of("redirect_https: off").redirects_to_https);
    BOOST_TEST(!host_of("listeners: [plain]").redirects_to_https);
    BOOST_TEST(!host_of("listeners: [secure]").redirects_to_https);
    BOOST_TEST(host_of("redirect_https: on, listeners: [secure]").redirects_to_https);
    BOOST_TEST(place_of(load(with_tls(host_with("redirect_https: on, listeners: [plain]"))), "E-CONFLICT") ==
               "7:67");
}

BOOST_AUTO_TEST_CASE(a_truth_value_is_not_a_word_and_the_word_is_told) {
    BOOST_TEST(finding_of(load(with_tls(host_with("redirect_https: true"))), "E-VALUE").help == "write `on`");
    BOOST_TEST(finding_of(load(with_tls(host_with("redirect_https: false"))), "E-VALUE").help ==
               "write `off`");
}

BOOST_AUTO_TEST_CASE(strict_transport_security_is_composed) {
    BOOST_TEST(host_of("hsts: { max_age: 365d, include_subdomains: true, preload: true }").hsts ==
               "max-age=31536000; includeSubDomains; preload");
    BOOST_TEST(host_of("hsts: { max_age: 1h }").hsts == "max-age=3600");
    BOOST_TEST(host_of("hsts: { max_age: off }").hsts.empty());
}

BOOST_AUTO_TEST_CASE(a_certificate_is_pinned_by_a_name_that_exists) {
    const Host host = host_of("tls: { certificate: www }");
    BOOST_TEST(host.tls.certificate == "www");
    BOOST_TEST(host.tls.certificate_origin.line == 7);
    BOOST_TEST(place_of(load(with_tls(host_with("tls: { certificate: wwv }"))), "E-REF") == "7:71");
    BOOST_TEST(load(with_tls(host_with("tls: { certificate: wwv }"), "  directories: [/x]\n")).ok());
    BOOST_TEST(place_of(load(with_tls(one_host, "  default_certificate: x\n")), "E-REF") == "3:24");
}

BOOST_AUTO_TEST_CASE(clients_are_asked_for_certificates_of_named_authorities) {
    const ClientAuth auth =
        host_of("tls: { client_auth: { mode: require, ca: /ca, crl: /crl, forward: true } }").tls.client_auth;
    BOOST_TEST((auth.mode == ClientAuthMode::require));
    BOOST_TEST(auth.ca.path == "/ca");
    BOOST_TEST(auth.crl.path == "/crl");
    BOOST_TEST(auth.forward);
    BOOST_TEST(host_of("tls: { client_auth: { mode: off, ca: /ca } }").tls.client_auth.ca.path == "/ca");
}

BOOST_AUTO_TEST_CASE(a_tls_listener_needs_a_certificate) {
    const std::string text = "listeners:\n  - { address: \":1\", tls: true }\nhosts: [{ routes: [] }]\n";
    BOOST_TEST(place_of(load(text), "E-REQ") == "2:27");
    BOOST_TEST(place_of(load("tls: { certificates: [] }\n" + text), "E-REQ") == "3:27");
    BOOST_TEST(load("tls: { directories: [/x] }\n" + text).ok());
}

BOOST_AUTO_TEST_CASE(any_key_of_an_upstream_switches_its_tls_on_unless_it_says_off) {
    BOOST_TEST(upstream_of("{ verify: true }").enabled);
    BOOST_TEST(upstream_of("{ enabled: true }").enabled);
    const UpstreamTls off = upstream_of("{ enabled: false, verify: false }");
    BOOST_TEST(!off.enabled);
    const UpstreamTls all_keys =
        upstream_of("{ server_name: \"{host}\", ca: /ca, cert: /c, key: /k, min_version: 1.3 }");
    BOOST_TEST(all_keys.enabled);
    BOOST_TEST(!all_keys.server_name.empty());
    BOOST_TEST(all_keys.ca.path == "/ca");
    BOOST_TEST(all_keys.cert.origin.column == 73);
    BOOST_TEST((all_keys.min_version == TlsVersion::tls_1_3));
}

BOOST_AUTO_TEST_CASE(an_upstream_that_is_not_verified_is_a_warning) {
    const auto result = upstream_with("{ verify: false }");
    BOOST_TEST(result.ok());
    BOOST_TEST(place_of(result, "W-TLS-VERIFY") == "4:43");
    BOOST_TEST(upstream_with("{ enabled: false, verify: false }").findings.empty());
}

BOOST_AUTO_TEST_CASE(an_https_url_is_an_upstream_with_tls) {
    const auto result =
        good(with_route("{ to: [{ upstream: \"https://a.test\" }, { upstream: \"https://[::1]:8443\" }, "
                        "{ upstream: \"http://a.test\" }, { upstream: app }] }"));
    const auto& upstreams = result.config->upstreams;
    BOOST_TEST(upstreams.at("https://a.test").tls.enabled);
    BOOST_TEST(upstreams.at("https://a.test").tls.verify);
    BOOST_TEST(upstreams.at("https://a.test").endpoints[0].port == 443);
    BOOST_TEST(upstreams.at("https://[::1]:8443").endpoints[0].port == 8443);
    BOOST_TEST(!upstreams.at("http://a.test").tls.enabled);
    BOOST_TEST(upstreams.at("http://a.test").endpoints[0].port == 80);
}

BOOST_AUTO_TEST_CASE(at_most_sixteen_ticket_keys_come_from_files) {
    const auto files = [](int count) {
        std::string list;
        for (int i = 0; i < count; ++i) list += (i == 0 ? "/k" : ", /k") + std::to_string(i);
        return with_tls(one_host, "  session_tickets: { key_files: [" + list + "] }\n");
    };
    BOOST_TEST(good(files(16)).config->tls.session_tickets.key_files.back().path == "/k15");
    BOOST_TEST(place_of(load(files(17)), "E-RANGE") == "3:33");
}

BOOST_AUTO_TEST_CASE(a_dump_with_tls_loads_back_to_the_same_configuration) {
    const std::string text = with_tls(
        host_with(
            "hsts: { max_age: 365d, include_subdomains: true }, redirect_https: off, tls: { client_auth: "
            "{ mode: request, ca: ca.pem } }") +
            "  - { names: [b.test], redirect_https: on, routes: [{ to: \"https://x.test\" }, { to: u, match: "
            "{ path: "
            "/b } }] }\nupstreams: { u: { endpoints: [\"a:1\"], tls: { ca: own.pem } } }\n",
        "  profile: modern\n  session_tickets: { key_files: [a.key, b.key] }\n");
    const auto first = good(text);
    const std::string shown = dump(*first.config);
    BOOST_TEST(shown.find("\n    redirect_https: on  # baton.yaml:") != std::string::npos, shown);
    BOOST_TEST(shown.find("\n  ocsp_stapling: auto\n") != std::string::npos, shown);
    const auto second = good(shown);
    BOOST_TEST(second.config->hash == first.config->hash, shown);
    BOOST_TEST(second.config->upstreams.at("u").tls.enabled);
    BOOST_TEST((second.config->hosts[0].tls.min_version == TlsVersion::tls_1_3));
}

BOOST_AUTO_TEST_CASE(a_changed_key_of_tls_changes_the_hash) {
    const std::string plain = good(with_tls(one_host)).config->hash;
    BOOST_TEST(good(with_tls(one_host, "  min_version: 1.3\n")).config->hash != plain);
    BOOST_TEST(good(with_tls(host_with("hsts: { max_age: 1h }"))).config->hash != plain);
    BOOST_TEST(good(with_tls(one_host, "  on_error: fail\n")).config->hash == plain);
}

BOOST_AUTO_TEST_SUITE_END()
