#include "server/tls/pem.h"

#include "server/assert.h"
#include "server/tls/freed_memory.h"
#include "server/tls/openssl_words.h"

#include <openssl/err.h>
#include <openssl/pem.h>

namespace baton::tls {
namespace {

using BioPointer = std::unique_ptr<BIO, OpensslFree<BIO_free>>;

/// Reads `text` where it lies.
BioPointer bio_over(std::string_view text) {
    const char* const data = text.data() != nullptr ? text.data() : "";
    return BioPointer{BIO_new_mem_buf(data, static_cast<int>(text.size()))};
}

/// OpenSSL would ask at the terminal.
int no_password(char*, int, int, void*) {
    return -1;
}

bool is_end_of_file() {
    const unsigned long code = ERR_peek_last_error();
    return ERR_GET_LIB(code) == ERR_LIB_PEM && ERR_GET_REASON(code) == PEM_R_NO_START_LINE;
}

/// One block of a PEM file, in the secure heap.
struct Block {
    char* name = nullptr;
    char* header = nullptr;
    unsigned char* data = nullptr;
    long length = 0;

    Block() = default;
    Block(const Block&) = delete;
    Block& operator=(const Block&) = delete;
    ~Block() {
        OPENSSL_secure_free(name);
        OPENSSL_secure_free(header);
        OPENSSL_secure_clear_free(data, static_cast<std::size_t>(length));
    }
    bool read(BIO* from) {
        return PEM_read_bio_ex(from, &name, &header, &data, &length, PEM_FLAG_SECURE) == 1;
    }
    bool is_private_key() const { return std::string_view(name).ends_with("PRIVATE KEY"); }
    bool is_encrypted() const {
        return std::string_view(name) == "ENCRYPTED PRIVATE KEY" ||
               std::string_view(header).find("ENCRYPTED") != std::string_view::npos;
    }
};

}  // namespace

tl::expected<std::vector<X509Pointer>, std::string> parse_certificates(std::string_view pem) {
    const BioPointer file = bio_over(pem);
    ASSERT(file != nullptr);
    std::vector<X509Pointer> certificates;
    for (;;) {
        ERR_clear_error();
        X509Pointer certificate{PEM_read_bio_X509(file.get(), nullptr, no_password, nullptr)};
        if (certificate) {
            certificates.push_back(std::move(certificate));
        } else if (!is_end_of_file()) {
            return tl::unexpected("certificate " + std::to_string(certificates.size() + 1) +
                                  " in it is damaged (" + take_openssl_error() + ")");
        } else {
            ERR_clear_error();
            if (certificates.empty()) return tl::unexpected(std::string("there is no PEM certificate in it"));
            return certificates;
        }
    }
}

tl::expected<PrivateKey, std::string> parse_private_key(std::string_view pem) {
    const WipeFreedMemory wipe;
    const BioPointer file = bio_over(pem);
    ASSERT(file != nullptr);
    for (;;) {
        ERR_clear_error();
        Block block;
        if (!block.read(file.get())) {
            if (!is_end_of_file()) return tl::unexpected("the key is damaged (" + take_openssl_error() + ")");
            ERR_clear_error();
            return tl::unexpected(std::string("there is no PEM private key in it"));
        }
        if (!block.is_private_key()) continue;
        if (block.is_encrypted())
            return tl::unexpected(
                std::string("the key is encrypted; Baton asks nobody for a password: store it decrypted"));
        const unsigned char* data = block.data;
        PrivateKeyPointer key{d2i_AutoPrivateKey(nullptr, &data, block.length)};
        if (!key) return tl::unexpected("the key is damaged (" + take_openssl_error() + ")");
        ERR_clear_error();  // of the formats that were tried first
        // Up to where it was read: what stands behind it is no part of it.
        SecretText der{
            {reinterpret_cast<const char*>(block.data), static_cast<std::size_t>(data - block.data)}};
        if (der.size() == 0) return tl::unexpected(std::string("there is no more locked memory for keys"));
        return PrivateKey{std::move(key), std::move(der)};
    }
}

X509ChainPointer make_chain(std::vector<X509Pointer>& certificates, std::size_t first) {
    if (certificates.size() <= first) return nullptr;
    X509ChainPointer chain{sk_X509_new_null()};
    ASSERT(chain != nullptr);
    for (std::size_t i = first; i < certificates.size(); ++i)
        ASSERT(sk_X509_push(chain.get(), certificates[i].release()) > 0);
    return chain;
}

}  // namespace baton::tls
