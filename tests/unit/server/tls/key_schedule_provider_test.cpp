// The provider against OpenSSL's own, step by step, and against the trace of RFC 8448 §3.
#include "server/tls/key_schedule_provider.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/provider.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

using namespace baton::tls;

namespace {

using Bytes = std::vector<std::uint8_t>;
using Kdf = std::unique_ptr<EVP_KDF, decltype(&EVP_KDF_free)>;
using KdfContext = std::unique_ptr<EVP_KDF_CTX, decltype(&EVP_KDF_CTX_free)>;

constexpr const char* openssls_own = "provider=default";

/// One call of libssl's; what is not there is not passed.
struct Call {
    int mode = EVP_KDF_HKDF_MODE_EXPAND_ONLY;
    std::string digest = "SHA2-256";
    std::optional<Bytes> key{}, salt{}, data{};
    std::string label = "derived";
    std::string prefix = "tls13 ";
    std::size_t length = 32;
};

OSSL_PARAM octets(const char* name, Bytes& bytes) {
    return OSSL_PARAM_construct_octet_string(name, bytes.data(), bytes.size());
}

OSSL_PARAM octets(const char* name, std::string& text) {
    return OSSL_PARAM_construct_octet_string(name, text.data(), text.size());
}

Kdf fetch(const char* query) {
    BOOST_REQUIRE(provide_key_schedule());
    return Kdf{EVP_KDF_fetch(nullptr, "TLS13-KDF", query), &EVP_KDF_free};
}

/// Nothing when it is refused.
std::optional<Bytes> derive(const char* query, Call call) {
    std::vector<OSSL_PARAM> parameters{
        OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &call.mode),
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, call.digest.data(), 0)};
    if (call.key) parameters.push_back(octets(OSSL_KDF_PARAM_KEY, *call.key));
    if (call.salt) parameters.push_back(octets(OSSL_KDF_PARAM_SALT, *call.salt));
    parameters.push_back(octets(OSSL_KDF_PARAM_PREFIX, call.prefix));
    parameters.push_back(octets(OSSL_KDF_PARAM_LABEL, call.label));
    if (call.data) parameters.push_back(octets(OSSL_KDF_PARAM_DATA, *call.data));
    parameters.push_back(OSSL_PARAM_construct_end());
    const KdfContext context{EVP_KDF_CTX_new(fetch(query).get()), &EVP_KDF_CTX_free};
    BOOST_REQUIRE(context);
    Bytes out(call.length);
    if (EVP_KDF_derive(context.get(), out.data(), out.size(), parameters.data()) != 1) return std::nullopt;
    return out;
}

/// Derives the same twice.
void check_same(const Call& call) {
    const auto ours = derive(key_schedule_query, call);
    BOOST_TEST_INFO("label " << call.label << ", digest " << call.digest << ", " << call.length << " bytes");
    BOOST_TEST((ours == derive(openssls_own, call)));
}

void check_derived(const Call& call) {
    check_same(call);
    BOOST_TEST(derive(key_schedule_query, call).has_value());
}

std::size_t hash_length(const std::string& digest) {
    return digest.ends_with("256") ? 32 : 48;
}

Bytes bytes_of(std::string_view hex) {
    Bytes bytes;
    for (std::size_t i = 0; i < hex.size(); i += 2)
        bytes.push_back(static_cast<std::uint8_t>(std::stoi(std::string{hex.substr(i, 2)}, nullptr, 16)));
    return bytes;
}

Bytes extract(std::optional<Bytes> previous, std::optional<Bytes> input) {
    Call call{.mode = EVP_KDF_HKDF_MODE_EXTRACT_ONLY};
    call.salt = std::move(previous);
    call.key = std::move(input);
    return derive(key_schedule_query, call).value();
}

Bytes expand(const Bytes& secret, std::string label, std::string_view transcript) {
    Call call;
    call.key = secret;
    call.label = std::move(label);
    call.data = bytes_of(transcript);
    return derive(key_schedule_query, call).value();
}

constexpr std::string_view up_to_server_hello =
    "860c06edc07858ee8e78f0e7428c58edd6b43f2ca3e6e95f02ed063cf0e1cad8";
constexpr std::string_view up_to_servers_finished =
    "9608102a0f1ccc6db6250b7b7e417b1a000eaada3daae4777a7686c9ff83df13";

}  // namespace

BOOST_AUTO_TEST_SUITE(key_schedule_provider)

BOOST_AUTO_TEST_CASE(a_context_that_asks_for_it_gets_ours_and_everything_else_from_openssl) {
    BOOST_TEST(OSSL_PROVIDER_get0_name(EVP_KDF_get0_provider(fetch(key_schedule_query).get())) == "baton");
    BOOST_TEST(OSSL_PROVIDER_get0_name(EVP_KDF_get0_provider(fetch(openssls_own).get())) == "default");
    const std::unique_ptr<EVP_MD, decltype(&EVP_MD_free)> digest{
        EVP_MD_fetch(nullptr, "SHA256", key_schedule_query), &EVP_MD_free};
    BOOST_REQUIRE(digest);
    BOOST_TEST(OSSL_PROVIDER_get0_name(EVP_MD_get0_provider(digest.get())) == "default");
}

BOOST_AUTO_TEST_CASE(every_expansion_of_a_handshake_is_openssls) {
    for (const std::string digest : {"SHA2-256", "SHA2-384", "SHA256", "SHA384"}) {
        const std::size_t length = hash_length(digest);
        for (const char* const label :
             {"ext binder", "res binder", "c e traffic", "e exp master", "derived", "c hs traffic",
              "s hs traffic", "c ap traffic", "s ap traffic", "exp master", "res master", "resumption",
              "finished", "key", "iv", "traffic upd"}) {
            Call call{.digest = digest, .key = Bytes(length, 0x5a), .label = label, .length = length};
            check_derived(call);
            for (const std::size_t size : {std::size_t{8}, length}) {
                call.data = Bytes(size, 0x17);
                check_derived(call);
            }
            call.data.reset();
            for (call.length = 1; call.length < length; ++call.length) check_derived(call);
        }
    }
}

BOOST_AUTO_TEST_CASE(every_extraction_of_a_handshake_is_openssls) {
    for (const std::string digest : {"SHA2-256", "SHA2-384"}) {
        const std::size_t length = hash_length(digest);
        Call call{.mode = EVP_KDF_HKDF_MODE_EXTRACT_ONLY, .digest = digest, .length = length};
        check_derived(call);
        call.salt = Bytes(length, 0x33);
        check_derived(call);
        for (const std::size_t shared : {32u, 48u, 66u, 256u}) {  // of the groups, and of what may come
            call.key = Bytes(shared, 0x44);
            check_derived(call);
        }
        call.salt.reset();
        check_derived(call);
    }
}

BOOST_AUTO_TEST_CASE(the_secrets_of_rfc_8448_are_derived) {
    const Bytes early = extract({}, {});
    BOOST_TEST(early == bytes_of("33ad0a1c607ec03b09e6cd9893680ce210adf300aa1f2660e1b22e10f170f92a"));
    const Bytes shared = bytes_of("8bd4054fb55b9d63fdfbacf9f04b9f0d35e6d63f537563efd46272900f89492d");
    const Bytes handshake = extract(early, shared);
    BOOST_TEST(handshake == bytes_of("1dc826e93606aa6fdc0aadc12f741b01046aa6b99f691ed221a9f0ca043fbeac"));
    BOOST_TEST(expand(handshake, "c hs traffic", up_to_server_hello) ==
               bytes_of("b3eddb126e067f35a780b3abf45e2d8f3b1a950738f52e9600746a0e27a55a21"));
    BOOST_TEST(expand(handshake, "s hs traffic", up_to_server_hello) ==
               bytes_of("b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38"));
    const Bytes master = extract(handshake, {});
    BOOST_TEST(master == bytes_of("18df06843d13a08bf2a449844c5f8a478001bc4d4c627984d5a41da8d0402919"));
    BOOST_TEST(expand(master, "c ap traffic", up_to_servers_finished) ==
               bytes_of("9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5"));
    BOOST_TEST(expand(master, "s ap traffic", up_to_servers_finished) ==
               bytes_of("a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f1f3fcb631643"));
    BOOST_TEST(expand(master, "exp master", up_to_servers_finished) ==
               bytes_of("fe22f881176eda18eb8f44529e6792c50c9a3f89452f68d8ae311b4309d3cf50"));
}

BOOST_AUTO_TEST_CASE(what_no_handshake_asks_for_is_left_to_openssl) {
    const Call plain{.key = Bytes(32, 1)};
    Call other = plain;
    other.digest = "SHA2-512";
    other.key = Bytes(64, 1);
    check_derived(other);
    other = plain;
    other.label = std::string(200, 'x');  // an exporter's may be as long
    check_derived(other);
    other = plain;
    other.length = 100;
    check_derived(other);
    other = plain;
    other.prefix = "dtls13";
    check_derived(other);
    other = plain;
    other.key = Bytes(20, 1);
    check_derived(other);
    other = plain;
    other.salt = Bytes(32, 1);
    check_derived(other);
    other = plain;
    other.data = Bytes(200, 1);
    check_derived(other);
    for (const int mode : {EVP_KDF_HKDF_MODE_EXTRACT_AND_EXPAND, 3, -1}) {
        other = plain;
        other.mode = mode;
        check_same(other);
        BOOST_TEST(!derive(key_schedule_query, other).has_value());
    }
    other = plain;
    other.mode = EVP_KDF_HKDF_MODE_EXTRACT_ONLY;
    other.label = "else";
    other.salt = Bytes(32, 2);
    check_derived(other);
    other.length = 20;
    check_same(other);
    other = plain;
    other.digest = "NO-SUCH-DIGEST";
    check_same(other);
}

BOOST_AUTO_TEST_CASE(parameters_that_come_before_the_step_are_refused) {
    const KdfContext context{EVP_KDF_CTX_new(fetch(key_schedule_query).get()), &EVP_KDF_CTX_free};
    Bytes salt(32, 1);
    const OSSL_PARAM parameters[] = {octets(OSSL_KDF_PARAM_SALT, salt), OSSL_PARAM_construct_end()};
    BOOST_TEST(EVP_KDF_CTX_set_params(context.get(), parameters) == 0);
    Bytes out(32);
    BOOST_TEST(EVP_KDF_derive(context.get(), out.data(), out.size(), nullptr) == 0);
}

BOOST_AUTO_TEST_CASE(traffic_secrets_are_heard_by_whoever_listens_and_nobody_else) {
    for (const Role role : {Role::server, Role::client}) {
        RecordState state{};
        state.role = role;
        const Bytes master(32, 7);
        {
            const HearSecrets hearing{state};
            const Bytes of_client = expand(master, "c ap traffic", up_to_servers_finished);
            const Bytes of_server = expand(master, "s ap traffic", up_to_servers_finished);
            expand(master, "c hs traffic", up_to_servers_finished);
            expand(master, "exp master", up_to_servers_finished);
            const auto& read = role == Role::server ? of_client : of_server;
            const auto& written = role == Role::server ? of_server : of_client;
            BOOST_TEST(std::equal(read.begin(), read.end(), state.reading.secret.begin()));
            BOOST_TEST(std::equal(written.begin(), written.end(), state.writing.secret.begin()));
        }
        const RecordState before = state;
        expand(Bytes(32, 8), "c ap traffic", up_to_servers_finished);
        BOOST_TEST((state.reading.secret == before.reading.secret));
        BOOST_TEST((state.writing.secret == before.writing.secret));
    }
}

BOOST_AUTO_TEST_SUITE_END()
