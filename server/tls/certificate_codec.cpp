#include "server/tls/certificate_codec.h"

#include "server/assert.h"
#include "server/tls/certificate_store.h"
#include "server/tls/freed_memory.h"

#include <fcntl.h>
#include <openssl/err.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdint>
#include <cstring>

namespace baton::tls {
namespace {

// Layout: magic, count, default name; then each certificate: name, file, OCSP response, key, number of
// certificates, leaf, chain. Numbers have four bytes of this machine's order, texts their length in front.
constexpr std::uint32_t magic = 0x42544331;
constexpr std::uint32_t longest_chain = 64;
constexpr int all_seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;

/// Counts bytes, and writes them when there is somewhere to write to.
class Writer {
public:
    explicit Writer(char* out) : out_(out) {}
    std::size_t size() const { return size_; }

    void number(std::uint32_t value) { bytes(&value, sizeof value); }
    void text(std::string_view value) {
        number(static_cast<std::uint32_t>(value.size()));
        bytes(value.data(), value.size());
    }
    /// What one of OpenSSL's i2d functions makes, written in place.
    template <auto encode, class Object>
    void der(const Object& object) {
        const int length = encode(&object, nullptr);
        ASSERT(length > 0);
        number(static_cast<std::uint32_t>(length));
        if (out_ != nullptr) {
            auto* place = reinterpret_cast<unsigned char*>(out_ + size_);
            ASSERT(encode(&object, &place) == length);
        }
        size_ += static_cast<std::size_t>(length);
    }

private:
    void bytes(const void* from, std::size_t length) {
        if (out_ != nullptr && length > 0) std::memcpy(out_ + size_, from, length);
        size_ += length;
    }

    char* out_;
    std::size_t size_ = 0;
};

void write(Writer& out, const CertificateStore& store) {
    out.number(magic);
    out.number(static_cast<std::uint32_t>(store.certificates().size()));
    out.text(store.default_name());
    for (const auto& certificate : store.certificates()) {
        out.text(certificate->name);
        out.text(certificate->file);
        out.text(certificate->ocsp_response);
        ASSERT(certificate->key_der.size() > 0);
        out.text(certificate->key_der.text());
        const int chain = certificate->chain ? sk_X509_num(certificate->chain.get()) : 0;
        out.number(static_cast<std::uint32_t>(chain) + 1);
        out.der<i2d_X509>(*certificate->leaf);
        for (int i = 0; i < chain; ++i) out.der<i2d_X509>(*sk_X509_value(certificate->chain.get(), i));
    }
}

/// Takes pieces off the front; fails for good at the first that is not there.
class Reader {
public:
    explicit Reader(std::string_view bytes) : rest_(bytes) {}
    bool failed() const { return failed_; }
    bool at_end() const { return rest_.empty(); }

    std::uint32_t number() {
        std::uint32_t value = 0;
        const auto bytes = take(sizeof value);
        if (bytes.size() == sizeof value) std::memcpy(&value, bytes.data(), sizeof value);
        return value;
    }
    std::string_view text() { return take(number()); }
    /// What one of OpenSSL's d2i functions reads; null when it is not exactly the next text.
    template <class Pointer, auto decode>
    Pointer der() {
        const std::string_view bytes = text();
        const auto* next = reinterpret_cast<const unsigned char*>(bytes.data());
        Pointer object{decode(nullptr, &next, static_cast<long>(bytes.size()))};
        ERR_clear_error();
        if (next != reinterpret_cast<const unsigned char*>(bytes.data()) + bytes.size()) object.reset();
        if (!object) failed_ = true;
        return object;
    }

private:
    std::string_view take(std::size_t length) {
        if (failed_ || length > rest_.size()) {
            failed_ = true;
            return {};
        }
        const std::string_view taken = rest_.substr(0, length);
        rest_.remove_prefix(length);
        return taken;
    }

    std::string_view rest_;
    bool failed_ = false;
};

tl::expected<Certificate, std::string> read_certificate(Reader& in) {
    CertificateParts parts;
    parts.name = in.text();
    parts.file = in.text();
    parts.ocsp_der = in.text();
    parts.key = in.der<PrivateKeyPointer, d2i_AutoPrivateKey>();
    const std::uint32_t count = in.number();
    if (in.failed() || count == 0 || count > longest_chain) return tl::unexpected(std::string("truncated"));
    for (std::uint32_t i = 0; i < count; ++i) {
        parts.certificates.push_back(in.der<X509Pointer, d2i_X509>());
        if (in.failed()) return tl::unexpected(std::string("damaged"));
    }
    return load_certificate(std::move(parts));
}

/// A mapping of a memfd.
class Mapping {
public:
    Mapping(int descriptor, std::size_t size, int protection, int flags)
        : address_(::mmap(nullptr, size, protection, flags, descriptor, 0)), size_(size) {
        if (address_ != MAP_FAILED) ::madvise(address_, size_, MADV_DONTDUMP);
    }
    Mapping(const Mapping&) = delete;
    Mapping& operator=(const Mapping&) = delete;
    ~Mapping() {
        if (address_ != MAP_FAILED) ::munmap(address_, size_);
    }
    char* data() const { return address_ != MAP_FAILED ? static_cast<char*>(address_) : nullptr; }

private:
    void* address_;
    std::size_t size_;
};

}  // namespace

Result<Fd> pack_certificates(const CertificateStore& store) {
    Writer measure(nullptr);
    write(measure, store);
    Fd memory{::memfd_create("baton-certificates", MFD_CLOEXEC | MFD_ALLOW_SEALING)};
    if (!memory || ::ftruncate(memory.get(), static_cast<off_t>(measure.size())) != 0)
        return system_failure();
    {
        const Mapping bytes(memory.get(), measure.size(), PROT_READ | PROT_WRITE, MAP_SHARED);
        if (bytes.data() == nullptr) return system_failure();
        Writer out(bytes.data());
        write(out, store);
        ASSERT(out.size() == measure.size());
    }
    if (::fcntl(memory.get(), F_ADD_SEALS, all_seals) != 0) return system_failure();
    return memory;
}

tl::expected<std::shared_ptr<const CertificateStore>, std::string> unpack_certificates(const Fd& sealed) {
    struct stat status {};
    if (::fcntl(sealed.get(), F_GET_SEALS) != all_seals || ::fstat(sealed.get(), &status) != 0 ||
        status.st_size <= 0)
        return tl::unexpected(std::string("no sealed memory"));
    const auto size = static_cast<std::size_t>(status.st_size);
    const Mapping bytes(sealed.get(), size, PROT_READ, MAP_PRIVATE);
    if (bytes.data() == nullptr) return tl::unexpected(std::string(std::strerror(errno)));
    return decode_certificates({bytes.data(), size});
}

tl::expected<std::shared_ptr<const CertificateStore>, std::string> decode_certificates(
    std::string_view bytes) {
    const WipeFreedMemory wipe;
    Reader in(bytes);
    if (in.number() != magic) return tl::unexpected(std::string("no certificates"));
    const std::uint32_t count = in.number();
    const std::string_view default_name = in.text();
    std::vector<std::shared_ptr<const Certificate>> certificates;
    for (std::uint32_t i = 0; i < count; ++i) {
        auto certificate = read_certificate(in);
        if (!certificate)
            return tl::unexpected("certificate " + std::to_string(i + 1) + ": " + certificate.error());
        certificates.push_back(std::make_shared<const Certificate>(std::move(*certificate)));
    }
    if (in.failed() || !in.at_end()) return tl::unexpected(std::string("truncated, or too long"));
    return std::make_shared<const CertificateStore>(std::move(certificates), default_name);
}

}  // namespace baton::tls
