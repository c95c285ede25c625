#include "server/tls/certificate.h"

#include "tests/support/tls_certificates.h"

#include <openssl/ocsp.h>

#include <boost/test/unit_test.hpp>
#include <ctime>

using namespace baton::tls;
using baton::test::CertificateWish;
using baton::test::make_certificate;
using baton::test::pem_of;
using baton::test::test_key;

namespace {

CertificateWish named(std::string names, KeyType key = KeyType::ecdsa) {
    CertificateWish wish;
    wish.names = std::move(names);
    wish.key = key;
    return wish;
}

CertificateSource source_of(const CertificateWish& wish) {
    return {"www", "www.pem", pem_of(make_certificate(wish).get()), pem_of(test_key(wish.key)), {}};
}

std::string refusal_of(const CertificateSource& source) {
    const auto loaded = load_certificate(source);
    return loaded ? "loaded" : loaded.error();
}

/// A certificate that signs itself with a key of another kind.
CertificateSource signed_by(const PrivateKeyPointer& key) {
    const X509Pointer made = make_certificate(named("DNS:a.example"));
    BOOST_REQUIRE(X509_set_pubkey(made.get(), key.get()) == 1);
    BOOST_REQUIRE(
        X509_sign(made.get(), key.get(), EVP_PKEY_is_a(key.get(), "ED25519") ? nullptr : EVP_sha256()) > 0);
    return {"www", "www.pem", pem_of(made.get()), pem_of(key.get()), {}};
}

/// An OCSP response of `issuer` about `certificate`, good from `from` to `until`, seconds from now.
std::string ocsp_response(const X509* certificate, const X509* issuer, long from, long until,
                          int status = V_OCSP_CERTSTATUS_GOOD) {
    OCSP_BASICRESP* const basic = OCSP_BASICRESP_new();
    ASN1_TIME* const begin = X509_gmtime_adj(nullptr, from);
    ASN1_TIME* const end = X509_gmtime_adj(nullptr, until);
    OCSP_CERTID* const id = OCSP_cert_to_id(EVP_sha1(), certificate, issuer);
    OCSP_basic_add1_status(basic, id, status, 0, status == V_OCSP_CERTSTATUS_REVOKED ? begin : nullptr, begin,
                           end);
    const bool is_rsa = EVP_PKEY_is_a(X509_get0_pubkey(issuer), "RSA") == 1;
    OCSP_basic_sign(basic, const_cast<X509*>(issuer), test_key(is_rsa ? KeyType::rsa : KeyType::ecdsa),
                    EVP_sha256(), nullptr, 0);
    OCSP_RESPONSE* const response = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic);
    unsigned char* der = nullptr;
    const int length = i2d_OCSP_RESPONSE(response, &der);
    std::string bytes(reinterpret_cast<char*>(der), static_cast<std::size_t>(length));
    OPENSSL_free(der);
    OCSP_CERTID_free(id);
    OCSP_RESPONSE_free(response);
    OCSP_BASICRESP_free(basic);
    ASN1_TIME_free(begin);
    ASN1_TIME_free(end);
    return bytes;
}

struct StapledWorld {
    X509Pointer authority = make_certificate({.common_name = "ca", .names = "", .authority = true});
    X509Pointer leaf =
        make_certificate({.common_name = "leaf", .names = "DNS:a.example", .issuer = authority.get()});
    Certificate load(std::string ocsp) const {
        auto loaded = load_certificate({"www", "www.pem", pem_of(leaf.get()) + pem_of(authority.get()),
                                        pem_of(test_key(KeyType::ecdsa)), std::move(ocsp)});
        BOOST_REQUIRE(loaded);
        return std::move(*loaded);
    }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(certificate)

BOOST_AUTO_TEST_CASE(its_names_are_those_of_subject_alt_name_in_lower_case) {
    const auto loaded = load_certificate(
        source_of(named("DNS:WWW.Example.com,DNS:*.example.com,IP:127.0.0.1,IP:::1,email:a@b.c")));
    BOOST_REQUIRE(loaded);
    const std::vector<std::string> expected{"www.example.com", "*.example.com", "127.0.0.1", "::1"};
    BOOST_TEST(loaded->names == expected, boost::test_tools::per_element());
    BOOST_TEST((loaded->key_type == KeyType::ecdsa));
    BOOST_TEST(loaded->fingerprint.size() == 64u);
    BOOST_TEST(loaded->not_after > loaded->not_before);
    BOOST_TEST(!loaded->serial.empty());
    BOOST_TEST(loaded->remarks.empty());
}

BOOST_AUTO_TEST_CASE(a_wildcard_covers_one_label_and_only_a_whole_one) {
    const auto loaded =
        load_certificate(source_of(named("DNS:*.example.com,DNS:w*.example.net,DNS:a.*.example.org")));
    BOOST_REQUIRE(loaded);
    BOOST_TEST(loaded->covers("www.example.com"));
    BOOST_TEST(!loaded->covers("example.com"));
    BOOST_TEST(!loaded->covers(".example.com"));
    BOOST_TEST(!loaded->covers("a.b.example.com"));
    BOOST_TEST(!loaded->covers("www.example.net"));
    BOOST_TEST(!loaded->covers("a.b.example.org"));
}

BOOST_AUTO_TEST_CASE(a_name_with_a_nul_in_it_matches_nothing) {
    const X509Pointer made = make_certificate(named(""));
    GENERAL_NAMES* const names = sk_GENERAL_NAME_new_null();
    for (const std::string_view text :
         {std::string_view("good.example\0.evil.example", 26), std::string_view("b.example")}) {
        GENERAL_NAME* const name = GENERAL_NAME_new();
        ASN1_IA5STRING* const value = ASN1_IA5STRING_new();
        ASN1_STRING_set(value, text.data(), static_cast<int>(text.size()));
        GENERAL_NAME_set0_value(name, GEN_DNS, value);
        sk_GENERAL_NAME_push(names, name);
    }
    BOOST_REQUIRE(X509_add1_ext_i2d(made.get(), NID_subject_alt_name, names, 0, X509V3_ADD_DEFAULT) == 1);
    GENERAL_NAMES_free(names);
    X509_sign(made.get(), test_key(KeyType::ecdsa), EVP_sha256());
    const auto loaded =
        load_certificate({"www", "www.pem", pem_of(made.get()), pem_of(test_key(KeyType::ecdsa)), {}});
    BOOST_REQUIRE(loaded);
    BOOST_TEST(loaded->covers("b.example"));
    BOOST_TEST(!loaded->covers("good.example"));
    BOOST_TEST(loaded->names.size() == 1u);
}

BOOST_AUTO_TEST_CASE(the_common_name_counts_for_nothing_and_that_is_said) {
    CertificateWish wish;
    wish.common_name = "www.example.com";
    const auto loaded = load_certificate(source_of(wish));
    BOOST_REQUIRE(loaded);
    BOOST_TEST(!loaded->covers("www.example.com"));
    BOOST_REQUIRE(loaded->remarks.size() == 1u);
    BOOST_TEST(loaded->remarks.front().find("subjectAltName") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_chain_follows_its_leaf_and_one_in_disorder_is_remarked) {
    const StapledWorld world;
    const auto ordered = world.load({});
    BOOST_TEST(sk_X509_num(ordered.chain.get()) == 1);
    BOOST_TEST(ordered.remarks.empty());
    const auto other = make_certificate({.common_name = "stranger", .names = "", .authority = true});
    const auto loaded = load_certificate({"www",
                                          "www.pem",
                                          pem_of(world.leaf.get()) + pem_of(other.get()),
                                          pem_of(test_key(KeyType::ecdsa)),
                                          {}});
    BOOST_REQUIRE(loaded);
    BOOST_TEST(loaded->remarks.size() == 1u);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_used_is_refused_in_words) {
    auto source = source_of(named("DNS:a.example"));
    const auto with = [&source](std::string chain, std::string key) {
        return refusal_of({"www",
                           "www.pem",
                           chain.empty() ? source.chain_pem : chain,
                           key.empty() ? source.key_pem : key,
                           {}});
    };
    BOOST_TEST(with("garbage", "") == "there is no PEM certificate in it");
    BOOST_TEST(with("", "garbage") == "there is no PEM private key in it");
    BOOST_TEST(with("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "")
                   .find("certificate 1 in it is damaged") == 0u);
    BOOST_TEST(with(source.chain_pem.substr(0, 200), "").find("damaged") != std::string::npos);
    BOOST_TEST(with("", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")
                   .find("the key is damaged") == 0u);
    BOOST_TEST(with("", pem_of(test_key(KeyType::rsa))) == "the key does not belong to the certificate");
    BOOST_TEST(with("", "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n")
                   .find("encrypted") != std::string::npos);
    BOOST_TEST(with("",
                    "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: "
                    "AES-256-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----\n")
                   .find("encrypted") != std::string::npos);
    const auto foreign = make_certificate(named("DNS:rsa.example", KeyType::rsa));
    BOOST_TEST(with(pem_of(foreign.get()) + source.chain_pem, "").find("belongs to certificate 2") !=
               std::string::npos);
}

BOOST_AUTO_TEST_CASE(keys_of_other_kinds_are_refused_in_words) {
    const PrivateKeyPointer short_rsa{EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{1024})};
    BOOST_TEST(refusal_of(signed_by(short_rsa)).find("1024 bits") != std::string::npos);
    const PrivateKeyPointer long_curve{EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-521")};
    BOOST_TEST(refusal_of(signed_by(long_curve)).find("secp521r1") != std::string::npos);
    const PrivateKeyPointer edwards{EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")};
    BOOST_TEST(refusal_of(signed_by(edwards)).find("neither RSA nor EC") != std::string::npos);
    const PrivateKeyPointer middle{EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-384")};
    BOOST_TEST(refusal_of(signed_by(middle)) == "loaded");
}

BOOST_AUTO_TEST_CASE(an_expired_certificate_is_loaded) {
    auto wish = named("DNS:a.example");
    wish.lifetime = -60;
    BOOST_TEST(refusal_of(source_of(wish)) == "loaded");
}

BOOST_AUTO_TEST_CASE(an_ocsp_response_about_it_is_stapled) {
    const StapledWorld world;
    const auto der = ocsp_response(world.leaf.get(), world.authority.get(), -60, 3600);
    const auto loaded = world.load(der);
    BOOST_TEST(loaded.ocsp_response == der);
    BOOST_TEST(loaded.ocsp_until > std::time(nullptr));
}

BOOST_AUTO_TEST_CASE(an_ocsp_response_that_helps_nobody_is_left_out_with_a_remark) {
    const StapledWorld world;
    const auto other =
        make_certificate({.common_name = "other", .names = "", .issuer = world.authority.get()});
    const auto stranger = make_certificate({.common_name = "stranger", .key = KeyType::rsa});
    const auto remark = [&world](const std::string& der) {
        const auto loaded = world.load(der);
        BOOST_TEST(loaded.ocsp_response.empty());
        return loaded.remarks.empty() ? std::string{} : loaded.remarks.front();
    };
    const auto ends = [](const std::string& text, std::string_view end) { return text.ends_with(end); };
    BOOST_TEST(ends(remark("garbage"), "no OCSP response in DER"));
    const auto good = ocsp_response(world.leaf.get(), world.authority.get(), -60, 3600);
    BOOST_TEST(ends(remark(good + "x"), "no OCSP response in DER"));
    BOOST_TEST(ends(remark(good.substr(0, good.size() / 2)), "no OCSP response in DER"));
    BOOST_TEST(
        ends(remark(ocsp_response(other.get(), world.authority.get(), -60, 3600)), "another certificate"));
    BOOST_TEST(
        ends(remark(ocsp_response(world.leaf.get(), stranger.get(), -60, 3600)), "another certificate"));
    BOOST_TEST(
        ends(remark(ocsp_response(world.leaf.get(), world.authority.get(), -3600, -60)), "it has expired"));
    BOOST_TEST(
        ends(remark(ocsp_response(world.leaf.get(), world.authority.get(), 1800, 3600)), "not valid yet"));
    BOOST_TEST(ends(
        remark(ocsp_response(world.leaf.get(), world.authority.get(), -60, 3600, V_OCSP_CERTSTATUS_REVOKED)),
        "is revoked"));
}

BOOST_AUTO_TEST_SUITE_END()
