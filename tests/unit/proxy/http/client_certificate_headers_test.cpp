#include "proxy/http/client_certificate_headers.h"

#include <boost/test/unit_test.hpp>
#include <map>
#include <string>

using namespace baton;

namespace {

std::map<std::string_view, std::string> told_about(const tls::ClientCertificate& certificate) {
    std::map<std::string_view, std::string> told;
    std::string scratch = "left over";
    for (std::size_t i = 0; i < http::client_certificate_fields.size(); ++i)
        told.emplace(http::client_certificate_fields[i],
                     http::client_certificate_value(i, certificate, scratch));
    return told;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(client_certificate_headers)

BOOST_AUTO_TEST_CASE(every_field_that_could_speak_of_a_certificate_is_known_in_any_case) {
    for (const auto* name : {"Client-Cert", "client-cert", "CLIENT-CERT-CHAIN", "X-Client-Cert-Subject",
                             "x-client-cert-issuer", "X-Client-Cert-Whatever"})
        BOOST_TEST(http::is_client_certificate_field(name));
    for (const auto name : http::client_certificate_fields)
        BOOST_TEST(http::is_client_certificate_field(name));
    for (const auto* name : {"Client-Cer", "Client-Certificate", "X-Client-Cert-", "X-Client-Cert", "Cookie",
                             "X-Real-IP", "", "X-Request-Id-Of-Some"})
        BOOST_TEST(!http::is_client_certificate_field(name));
}

BOOST_AUTO_TEST_CASE(only_a_trusted_proxy_without_a_certificate_of_its_own_may_bring_them) {
    http::Peer peer;
    tls::TlsInfo plain, with_certificate;
    with_certificate.client = std::make_unique<tls::ClientCertificate>();
    BOOST_TEST(!http::may_bring_client_certificate(peer, nullptr));
    BOOST_TEST(!http::may_bring_client_certificate(peer, &plain));
    peer.trusted = true;
    BOOST_TEST(http::may_bring_client_certificate(peer, nullptr));
    BOOST_TEST(http::may_bring_client_certificate(peer, &plain));
    BOOST_TEST(!http::may_bring_client_certificate(peer, &with_certificate));
}

BOOST_AUTO_TEST_CASE(a_certificate_is_told_as_a_byte_sequence_and_in_words) {
    const auto told = told_about({.subject = "CN=me,O=Example",
                                  .issuer = "CN=ca",
                                  .serial = "0AFF",
                                  .fingerprint = "00ff",
                                  .der = "Hello, world",
                                  .not_after = 1795273445});
    BOOST_TEST(told.at("Client-Cert") == ":SGVsbG8sIHdvcmxk:");
    BOOST_TEST(told.at("X-Client-Cert-Subject") == "CN=me,O=Example");
    BOOST_TEST(told.at("X-Client-Cert-Issuer") == "CN=ca");
    BOOST_TEST(told.at("X-Client-Cert-Serial") == "0AFF");
    BOOST_TEST(told.at("X-Client-Cert-Fingerprint") == "00ff");
    BOOST_TEST(told.at("X-Client-Cert-Not-After") == "2026-11-21T15:04:05Z");
}

BOOST_AUTO_TEST_CASE(base64_is_padded) {
    const auto encoded = [](std::string der) {
        tls::ClientCertificate certificate;
        certificate.der = std::move(der);
        return told_about(certificate).at("Client-Cert");
    };
    BOOST_TEST(encoded("") == "::");
    BOOST_TEST(encoded("f") == ":Zg==:");
    BOOST_TEST(encoded("fo") == ":Zm8=:");
    BOOST_TEST(encoded("foo") == ":Zm9v:");
    BOOST_TEST(encoded("\xff\xfe\xfd") == "://79:");
}

BOOST_AUTO_TEST_CASE(a_name_cannot_end_the_line_or_leave_ascii) {
    std::string scratch;
    BOOST_TEST(http::as_field_value("CN=a\r\nX-Admin: 1", scratch) == "CN=a\\0D\\0AX-Admin: 1");
    BOOST_TEST(http::as_field_value(std::string_view{"CN=a\0b", 6}, scratch) == "CN=a\\00b");
    BOOST_TEST(http::as_field_value("CN=M\xc3\xbcller\x7f", scratch) == "CN=M\\C3\\BCller\\7F");
}

BOOST_AUTO_TEST_SUITE_END()
