#include "server/tls/cipher_suite.h"

#include "server/tls/alert.h"

#include <openssl/ssl.h>

#include <boost/test/unit_test.hpp>
#include <memory>
#include <string>

using namespace baton::tls;

BOOST_AUTO_TEST_SUITE(cipher_suite)

BOOST_AUTO_TEST_CASE(every_suite_has_the_name_that_openssl_gives_to_its_number) {
    const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context{SSL_CTX_new(TLS_method()), &SSL_CTX_free};
    const std::unique_ptr<SSL, decltype(&SSL_free)> ssl{SSL_new(context.get()), &SSL_free};
    for (const unsigned id : {0x1301, 0x1302, 0x1303, 0xc02b, 0xc02c, 0xc02f, 0xc030, 0xcca8, 0xcca9}) {
        const unsigned char wire[2] = {static_cast<unsigned char>(id >> 8), static_cast<unsigned char>(id)};
        const SSL_CIPHER* const theirs = SSL_CIPHER_find(ssl.get(), wire);
        const CipherSuite* const ours = find_suite(static_cast<std::uint16_t>(id));
        BOOST_REQUIRE(theirs != nullptr);
        BOOST_REQUIRE(ours != nullptr);
        BOOST_TEST(ours->name == SSL_CIPHER_standard_name(theirs));
        BOOST_TEST(ours->key_length() * 8 == static_cast<std::size_t>(SSL_CIPHER_get_bits(theirs, nullptr)));
        BOOST_TEST(to_string(ours->version) == SSL_CIPHER_get_version(theirs));
        BOOST_TEST(ours->hash_length() ==
                   static_cast<std::size_t>(EVP_MD_get_size(SSL_CIPHER_get_handshake_digest(theirs))));
    }
}

BOOST_AUTO_TEST_CASE(other_suites_are_not_known) {
    for (const unsigned id : {0x0000, 0x002f, 0x009c, 0x1304, 0xc013, 0xc0ad, 0xccaa, 0xffff})
        BOOST_TEST((find_suite(static_cast<std::uint16_t>(id)) == nullptr));
}

BOOST_AUTO_TEST_CASE(only_gcm_in_tls_1_2_sends_a_part_of_its_nonces) {
    BOOST_TEST(find_suite(0xc02b)->has_explicit_nonce());
    BOOST_TEST(find_suite(0xc02b)->fixed_nonce_length() == 4u);
    BOOST_TEST(!find_suite(0xcca8)->has_explicit_nonce());
    BOOST_TEST(!find_suite(0x1302)->has_explicit_nonce());
    BOOST_TEST(find_suite(0x1302)->fixed_nonce_length() == 12u);
}

BOOST_AUTO_TEST_CASE(an_alert_without_a_name_is_called_unknown) {
    BOOST_TEST(to_string(Alert::bad_record_mac) == "bad_record_mac");
    BOOST_TEST(to_string(Alert{200}) == "unknown_alert");
}

BOOST_AUTO_TEST_SUITE_END()
