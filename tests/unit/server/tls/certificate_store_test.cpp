#include "server/tls/certificate_store.h"

#include "tests/support/tls_certificates.h"

#include <boost/test/unit_test.hpp>

using namespace baton::tls;
using baton::test::load;

namespace {

std::shared_ptr<const Certificate> made(std::string own_name, std::string names, KeyType key = KeyType::ecdsa,
                                        long lifetime = 86400) {
    return load({.common_name = "test", .names = std::move(names), .key = key, .lifetime = lifetime},
                std::move(own_name));
}

const Certificate* shown(const CertificateStore& store, std::string_view name, KeyType key = KeyType::ecdsa) {
    const auto* const set = store.find(name);
    return set != nullptr ? set->by_type[static_cast<std::size_t>(key)].get() : nullptr;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(certificate_store)

BOOST_AUTO_TEST_CASE(an_exact_name_comes_before_a_wildcard_and_that_before_the_default) {
    const auto exact = made("exact", "DNS:www.example.com");
    const auto wildcard = made("wildcard", "DNS:*.example.com");
    const auto fallback = made("fallback", "DNS:fallback.example");
    const CertificateStore store({wildcard, exact, fallback}, "fallback");
    BOOST_TEST(shown(store, "www.example.com") == exact.get());
    BOOST_TEST(shown(store, "api.example.com") == wildcard.get());
    BOOST_TEST(shown(store, "example.com") == fallback.get());
    BOOST_TEST(shown(store, "a.b.example.com") == fallback.get());
    BOOST_TEST(shown(store, "") == fallback.get());
}

BOOST_AUTO_TEST_CASE(without_a_default_an_unknown_name_finds_nothing) {
    const CertificateStore store({made("a", "DNS:a.example")}, "");
    BOOST_TEST(store.find("b.example") == nullptr);
    BOOST_TEST(store.find("") == nullptr);
    BOOST_TEST(store.find(".") == nullptr);
    BOOST_TEST(CertificateStore({}, "gone").find("a.example") == nullptr);
}

BOOST_AUTO_TEST_CASE(both_types_of_key_are_side_by_side) {
    const auto ecdsa = made("a", "DNS:a.example");
    const auto rsa = made("a", "DNS:a.example", KeyType::rsa);
    const CertificateStore store({ecdsa, rsa}, "");
    BOOST_TEST(shown(store, "a.example", KeyType::ecdsa) == ecdsa.get());
    BOOST_TEST(shown(store, "a.example", KeyType::rsa) == rsa.get());
    BOOST_TEST(store.named("a")->by_type[1].get() == rsa.get());
}

BOOST_AUTO_TEST_CASE(of_two_for_one_name_the_one_that_ends_last_is_shown) {
    const auto former = made("a", "DNS:a.example", KeyType::ecdsa, 1000);
    const auto renewed = made("a", "DNS:a.example", KeyType::ecdsa, 2000);
    BOOST_TEST(shown(CertificateStore({former, renewed}, ""), "a.example") == renewed.get());
    BOOST_TEST(shown(CertificateStore({renewed, former}, ""), "a.example") == renewed.get());
}

BOOST_AUTO_TEST_CASE(the_identity_survives_a_renewal_and_changes_with_names_and_key_types) {
    const auto identity = [](std::vector<std::shared_ptr<const Certificate>> certificates) {
        return CertificateStore(std::move(certificates), "").find("a.example")->identity;
    };
    const auto first = identity({made("a", "DNS:a.example,DNS:b.example", KeyType::ecdsa, 1000)});
    BOOST_TEST((first == identity({made("other", "DNS:b.example,DNS:a.example", KeyType::ecdsa, 9000)})));
    BOOST_TEST((first != identity({made("a", "DNS:a.example")})));
    BOOST_TEST((first != identity({made("a", "DNS:a.example,DNS:b.example", KeyType::rsa)})));
    BOOST_TEST((first != identity({made("a", "DNS:a.example,DNS:b.example"),
                                   made("a", "DNS:a.example", KeyType::rsa)})));
}

BOOST_AUTO_TEST_SUITE_END()
