#include "proxy/exchange/secure_host.h"

#include <boost/test/unit_test.hpp>

using namespace baton;

BOOST_AUTO_TEST_SUITE(secure_host)

BOOST_AUTO_TEST_CASE(a_host_is_looked_up_as_certificates_write_it) {
    std::string scratch;
    BOOST_TEST(certificate_name("WWW.Example.COM.", scratch) == "www.example.com");
    BOOST_TEST(certificate_name("[::1]", scratch) == "::1");
    BOOST_TEST(certificate_name("127.0.0.1", scratch) == "127.0.0.1");
}

BOOST_AUTO_TEST_CASE(the_name_of_the_handshake_is_served_in_any_spelling) {
    std::string scratch;
    tls::TlsInfo info;
    info.server_name = "www.example.com";
    for (const auto* host : {"www.example.com", "WWW.example.com", "www.example.com."})
        BOOST_TEST(is_handshake_name(info, host, scratch));
    for (const auto* host : {"example.com", "www.example.com.evil.test", "xwww.example.com", ""})
        BOOST_TEST(!is_handshake_name(info, host, scratch));
}

BOOST_AUTO_TEST_CASE(without_a_name_in_the_handshake_only_a_request_without_a_host_is_its_own) {
    std::string scratch;
    const tls::TlsInfo info;
    BOOST_TEST(is_handshake_name(info, "", scratch));
    BOOST_TEST(!is_handshake_name(info, "www.example.com", scratch));
}

BOOST_AUTO_TEST_CASE(plain_requests_of_a_host_that_insists_on_https_are_redirected) {
    config::Host host;
    BOOST_TEST(!must_use_https(host, "http", "/"));
    host.redirects_to_https = true;
    BOOST_TEST(must_use_https(host, "http", "/"));
    BOOST_TEST(must_use_https(host, "http", "/.well-known/acme-challenge"));
    BOOST_TEST(must_use_https(host, "http", "/x/.well-known/acme-challenge/token"));
}

BOOST_AUTO_TEST_CASE(what_came_by_https_or_belongs_to_acme_is_not_redirected) {
    config::Host host;
    host.redirects_to_https = true;
    BOOST_TEST(!must_use_https(host, "https", "/"));
    BOOST_TEST(!must_use_https(host, "http", "/.well-known/acme-challenge/token"));
}

BOOST_AUTO_TEST_CASE(the_redirect_keeps_host_path_and_query) {
    std::string location = "left over";
    route::TemplateValues values;
    values.host = "example.com";
    values.path = "/a%20b";
    write_https_location(values, 443, location);
    BOOST_TEST(location == "https://example.com/a%20b");
    values.query = "q=1&r=2";
    values.has_query = true;
    write_https_location(values, 8443, location);
    BOOST_TEST(location == "https://example.com:8443/a%20b?q=1&r=2");
    values.host = "[::1]";
    values.has_query = false;
    write_https_location(values, 8443, location);
    BOOST_TEST(location == "https://[::1]:8443/a%20b");
}

BOOST_AUTO_TEST_CASE(nothing_in_a_request_ends_the_line_of_the_redirect) {
    std::string location;
    route::TemplateValues values;
    values.host = "example.com";
    values.path = "/\r\nSet-Cookie:x";
    write_https_location(values, 443, location);
    BOOST_TEST(location.find_first_of("\r\n") == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
