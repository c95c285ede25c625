// Private keys leave no traces in memory that is not locked: every byte that this process may write to is
// searched, freed memory and dead stack frames included.
#include "server/tls/certificate_codec.h"
#include "server/tls/certificate_inventory.h"
#include "server/tls/certificate_store.h"
#include "server/tls/secret_heap.h"
#include "tests/support/certificate_folder.h"

#include <openssl/crypto.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cstdio>
#include <cstring>
#include <vector>

using namespace baton;
using namespace baton::tls;

namespace {

#ifdef __SANITIZE_ADDRESS__
constexpr bool memory_can_be_searched = false;  // a sanitizer maps terabytes, and keeps what was freed
#else
constexpr bool memory_can_be_searched = true;
#endif

/// Makes a key and its certificate in another process, whose memory goes with it.
void make_elsewhere(const test::CertificateFolder& folder, KeyType type) {
    const pid_t child = ::fork();
    if (child == 0) {
        const PrivateKeyPointer key{type == KeyType::rsa
                                        ? EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{2048})
                                        : EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256")};
        const X509Pointer certificate = test::make_certificate({.names = "DNS:a.example"});
        X509_set_pubkey(certificate.get(), key.get());
        if (X509_sign(certificate.get(), key.get(), EVP_sha256()) == 0) ::_exit(1);
        folder.write("a.crt", test::pem_of(certificate.get()));
        folder.write("a.key", test::pem_of(key.get()));
        ::_exit(0);
    }
    int status = -1;
    BOOST_REQUIRE(::waitpid(child, &status, 0) == child);
    BOOST_REQUIRE(status == 0);
}

CertificateStore load_from(const test::CertificateFolder& folder) {
    config::Tls settings;
    settings.certificates = {folder.files("a", "a.crt", "a.key")};
    return CertificateStore(take_inventory(settings).certificates(), "");
}

/// Some bytes in the middle of a secret. Lies where the secret does: in the secure heap.
class Needle {
public:
    Needle(std::string_view secret, bool reversed) : bytes_(secret) {
        if (reversed) std::reverse(bytes_.data(), bytes_.data() + bytes_.size());
    }
    /// Everywhere in `[begin, end)`. A byte after the other: a library's search could keep a copy.
    std::size_t count_in(const char* begin, const char* end) const {
        const std::string_view needle = bytes_.text();
        std::size_t found = 0;
        for (const char* at = begin; at + needle.size() <= end; ++at) {
            at =
                static_cast<const char*>(std::memchr(at, needle.front(), static_cast<std::size_t>(end - at)));
            if (at == nullptr || at + needle.size() > end) break;
            found += std::memcmp(at, needle.data(), needle.size()) == 0 ? 1 : 0;
        }
        return found;
    }

private:
    SecretText bytes_;
};

/// How often a part of `secret` lies in writable memory outside of the secure heap, in either order of bytes:
/// as it is encoded and as OpenSSL calculates with it.
std::size_t traces_of(std::string_view secret) {
    const Needle encoded{secret, false};
    const Needle reversed{secret, true};
    std::FILE* const maps = std::fopen("/proc/self/maps", "re");
    BOOST_REQUIRE(maps != nullptr);
    std::size_t found = 0;
    char line[4096];
    while (std::fgets(line, sizeof line, maps) != nullptr) {
        unsigned long begin = 0;
        unsigned long end = 0;
        char mode[5] = "";
        BOOST_REQUIRE(std::sscanf(line, "%lx-%lx %4s", &begin, &end, mode) == 3);
        const auto at = reinterpret_cast<std::uintptr_t>(secret.data());
        if (mode[0] != 'r' || mode[1] != 'w' || (begin <= at && at < end)) continue;
        const auto* const first = reinterpret_cast<const char*>(begin);
        const auto* const last = reinterpret_cast<const char*>(end);
        const std::size_t here = encoded.count_in(first, last) + reversed.count_in(first, last);
        if (here > 0) BOOST_TEST_MESSAGE(here << " in " << line);
        found += here;
    }
    std::fclose(maps);
    return found;
}

/// Pieces of what nobody else may know.
std::vector<std::string_view> secrets_of(const Certificate& certificate) {
    constexpr std::size_t piece = 24;
    const std::string_view der = certificate.key_der.text();
    std::vector<std::string_view> pieces;
    if (certificate.key_type == KeyType::rsa) {
        // The modulus and the public exponent end before, then come the secret exponent, primes and the rest.
        for (std::size_t at = 340; at + piece < der.size(); at += 64) pieces.push_back(der.substr(at, piece));
    } else {
        constexpr std::string_view before_scalar{"\x02\x01\x01\x04\x20", 5};  // RFC 5915 §3
        pieces.push_back(der.substr(der.find(before_scalar) + before_scalar.size(), piece));
    }
    return pieces;
}

std::size_t traces_of(const Certificate& certificate) {
    std::size_t found = 0;
    for (const std::string_view secret : secrets_of(certificate)) found += traces_of(secret);
    return found;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(key_traces)

BOOST_AUTO_TEST_CASE(a_key_that_was_loaded_packed_and_unpacked_lies_in_locked_memory_only,
                     *boost::unit_test::enable_if<memory_can_be_searched>()) {
    prepare_secret_heap(4);
    for (const KeyType type : {KeyType::ecdsa, KeyType::rsa}) {
        const test::CertificateFolder folder;
        make_elsewhere(folder, type);
        const CertificateStore loaded = load_from(folder);
        BOOST_REQUIRE(loaded.certificates().size() == 1u);
        const Certificate& certificate = *loaded.certificates().front();
        BOOST_REQUIRE(CRYPTO_secure_allocated(certificate.key_der.text().data()) == 1);
        BOOST_TEST(traces_of(certificate) == 0u);
        const auto packed = pack_certificates(loaded);
        BOOST_REQUIRE(packed.has_value());
        BOOST_TEST(traces_of(certificate) == 0u);
        const auto unpacked = unpack_certificates(*packed);
        BOOST_REQUIRE(unpacked.has_value());
        BOOST_TEST(traces_of(certificate) == 0u);
    }
}

BOOST_AUTO_TEST_CASE(a_trace_would_be_found, *boost::unit_test::enable_if<memory_can_be_searched>()) {
    prepare_secret_heap(4);
    const SecretText secret{std::string_view{"1234567890 is a bad secret"}};
    std::string copy{secret.text()};
    BOOST_TEST(traces_of(secret.text()) > 0u);
    std::reverse(copy.begin(), copy.end());
    BOOST_TEST(traces_of(secret.text()) > 0u);
}

BOOST_AUTO_TEST_SUITE_END()
