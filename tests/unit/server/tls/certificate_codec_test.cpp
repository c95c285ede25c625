#include "server/tls/certificate_codec.h"

#include "server/tls/certificate_store.h"
#include "tests/support/tls_certificates.h"

#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <boost/test/unit_test.hpp>

using namespace baton;
using namespace baton::tls;

namespace {

CertificateStore two_certificates() {
    return CertificateStore(
        {test::load({.common_name = "a", .names = "DNS:a.example"}, "a"),
         test::load({.common_name = "b", .names = "DNS:b.example", .key = KeyType::rsa}, "b")},
        "b");
}

std::string bytes_of(const Fd& memory) {
    std::string bytes;
    std::array<char, 4096> block{};
    for (off_t at = 0;;) {
        const ssize_t count = ::pread(memory.get(), block.data(), block.size(), at);
        if (count <= 0) return bytes;
        bytes.append(block.data(), static_cast<std::size_t>(count));
        at += count;
    }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(certificate_codec)

BOOST_AUTO_TEST_CASE(a_store_crosses_in_a_sealed_memfd) {
    const auto store = two_certificates();
    const auto packed = pack_certificates(store);
    BOOST_REQUIRE(packed);
    BOOST_TEST(::write(packed->get(), "x", 1) == -1);
    const auto unpacked = unpack_certificates(*packed);
    BOOST_REQUIRE(unpacked);
    BOOST_TEST((*unpacked)->certificates().size() == 2u);
    const CertificateSet* const found = (*unpacked)->find("a.example");
    BOOST_REQUIRE(found != nullptr);
    BOOST_TEST(found->by_type[0]->name == "a");
    BOOST_TEST(found->by_type[0]->fingerprint == store.find("a.example")->by_type[0]->fingerprint);
    BOOST_TEST((found->identity == store.find("a.example")->identity));
    BOOST_TEST((*unpacked)->find("unknown.example")->by_type[1]->name == "b");
}

BOOST_AUTO_TEST_CASE(bytes_behind_a_key_do_not_cross) {
    const auto certificate = test::make_certificate({.common_name = "a", .names = "DNS:a.example"});
    std::string der(1024, '\0');
    auto* end = reinterpret_cast<unsigned char*>(der.data());
    der.resize(static_cast<std::size_t>(i2d_PrivateKey(test::test_key(KeyType::ecdsa), &end)) + 2);
    const std::unique_ptr<BIO, OpensslFree<BIO_free>> text{BIO_new(BIO_s_mem())};
    PEM_write_bio(text.get(), "PRIVATE KEY", "", reinterpret_cast<const unsigned char*>(der.data()),
                  static_cast<long>(der.size()));
    char* pem = nullptr;
    const long length = BIO_get_mem_data(text.get(), &pem);
    CertificateSource source;
    source.chain_pem = test::pem_of(certificate.get());
    source.key_pem = {pem, static_cast<std::size_t>(length)};
    auto loaded = load_certificate(source);
    BOOST_REQUIRE(loaded.has_value());
    std::vector<std::shared_ptr<const Certificate>> all{
        std::make_shared<const Certificate>(std::move(*loaded))};
    const auto packed = pack_certificates(CertificateStore(std::move(all), ""));
    BOOST_REQUIRE(packed.has_value());
    BOOST_TEST(unpack_certificates(*packed).has_value());
}

BOOST_AUTO_TEST_CASE(nothing_at_all_crosses_too) {
    const auto packed = pack_certificates(CertificateStore({}, ""));
    BOOST_REQUIRE(packed);
    const auto unpacked = unpack_certificates(*packed);
    BOOST_REQUIRE(unpacked);
    BOOST_TEST((*unpacked)->certificates().empty());
}

BOOST_AUTO_TEST_CASE(memory_that_is_not_sealed_is_refused) {
    const Fd open_memory{::memfd_create("test", MFD_CLOEXEC)};
    BOOST_TEST(!unpack_certificates(open_memory));
    BOOST_TEST(!unpack_certificates(Fd{}));
}

BOOST_AUTO_TEST_CASE(every_truncation_is_refused) {
    const CertificateStore one({test::load({.common_name = "a", .names = "DNS:a.example"}, "a")}, "a");
    const auto bytes = bytes_of(*pack_certificates(one));
    BOOST_REQUIRE(decode_certificates(bytes));
    for (std::size_t size = 0; size < bytes.size(); ++size)
        BOOST_REQUIRE_MESSAGE(!decode_certificates(std::string_view(bytes).substr(0, size)), size);
    BOOST_TEST(!decode_certificates(bytes + '\0'));
}

BOOST_AUTO_TEST_CASE(a_flipped_byte_never_gives_other_certificates_without_notice) {
    const auto bytes = bytes_of(*pack_certificates(two_certificates()));
    for (std::size_t at = 0; at < bytes.size(); at += 17) {
        std::string damaged = bytes;
        damaged[at] = static_cast<char>(damaged[at] ^ 0x81);
        const auto decoded = decode_certificates(damaged);
        if (decoded) BOOST_TEST((*decoded)->certificates().size() == 2u);
    }
}

BOOST_AUTO_TEST_SUITE_END()
