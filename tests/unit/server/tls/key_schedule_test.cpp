#include "server/tls/key_schedule.h"

#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include <boost/test/unit_test.hpp>
#include <memory>
#include <string>
#include <vector>

using namespace baton::tls;

namespace {

using Bytes = std::vector<std::uint8_t>;

/// HKDF-Expand (RFC 5869 §2.3) by OpenSSL, with an HkdfLabel that is put together here once more.
Bytes expanded_by_openssl(Hash hash, Bytes secret, std::string label, std::size_t length) {
    std::string info{'\0', static_cast<char>(length), static_cast<char>(6 + label.size())};
    info += "tls13 " + label + '\0';
    const std::unique_ptr<EVP_KDF, decltype(&EVP_KDF_free)> hkdf{EVP_KDF_fetch(nullptr, "HKDF", nullptr),
                                                                 &EVP_KDF_free};
    const std::unique_ptr<EVP_KDF_CTX, decltype(&EVP_KDF_CTX_free)> context{EVP_KDF_CTX_new(hkdf.get()),
                                                                            &EVP_KDF_CTX_free};
    std::string digest = hash == Hash::sha256 ? "SHA256" : "SHA384", mode = "EXPAND_ONLY";
    const OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest.data(), 0),
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_MODE, mode.data(), 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, secret.data(), secret.size()),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info.data(), info.size()),
        OSSL_PARAM_construct_end(),
    };
    Bytes out(length);
    BOOST_REQUIRE(EVP_KDF_derive(context.get(), out.data(), out.size(), parameters) == 1);
    return out;
}

template <class Array>
Bytes front(const Array& array, std::size_t length) {
    return {array.begin(), array.begin() + static_cast<std::ptrdiff_t>(length)};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(key_schedule)

BOOST_AUTO_TEST_CASE(a_label_expands_as_openssl_expands_it) {
    for (const Hash hash : {Hash::sha256, Hash::sha384}) {
        const Bytes secret(hash == Hash::sha256 ? 32 : 48, 0x5a);
        for (const std::size_t length : {1u, 12u, 16u, 32u}) {
            Bytes out(length);
            BOOST_REQUIRE(expand_label(hash, secret, "finished", {}, out));
            BOOST_TEST(out == expanded_by_openssl(hash, secret, "finished", length));
        }
    }
}

BOOST_AUTO_TEST_CASE(an_update_moves_to_the_next_secret_and_derives_from_that) {
    for (const int id : {0x1301, 0x1302, 0x1303}) {
        const CipherSuite& suite = *find_suite(static_cast<std::uint16_t>(id));
        TrafficKeys keys{};
        keys.secret.fill(0x11);
        keys.sequence = 4711;
        Bytes secret(suite.hash_length(), 0x11);
        for (int generation = 0; generation < 3; ++generation) {
            secret = expanded_by_openssl(suite.hash, secret, "traffic upd", secret.size());
            BOOST_REQUIRE(update_traffic_keys(suite, keys));
            BOOST_TEST(front(keys.secret, suite.hash_length()) == secret);
            BOOST_TEST(front(keys.key, suite.key_length()) ==
                       expanded_by_openssl(suite.hash, secret, "key", suite.key_length()));
            BOOST_TEST(front(keys.iv, 12) == expanded_by_openssl(suite.hash, secret, "iv", 12));
            BOOST_TEST(keys.sequence == 0u);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
