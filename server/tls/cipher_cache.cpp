#include "server/tls/cipher_cache.h"

#include "server/tls/openssl_pointers.h"

namespace baton::tls {
namespace {

/// Looked up once: OpenSSL's own search by name costs more than sealing a short record. They stay for as long
/// as the process.
const EVP_CIPHER* cipher_of(Aead aead) {
    static const std::array<const EVP_CIPHER*, 3> ciphers{
        EVP_CIPHER_fetch(nullptr, "AES-128-GCM", nullptr),
        EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr),
        EVP_CIPHER_fetch(nullptr, "ChaCha20-Poly1305", nullptr),
    };
    return ciphers[static_cast<std::size_t>(aead)];
}

/// What KeyMemory aligns its cells to.
constexpr std::uintptr_t cell_size = 256;

}  // namespace

struct CipherCache::Place {
    CipherContextPointer context;
    const TrafficKeys* keys = nullptr;  // null = not keyed
    Aead aead = Aead::aes_128_gcm;

    bool key(const TrafficKeys& wanted, Aead wanted_aead, Use use);
    void wipe();
};

/// A context that has the cipher already is only given another key: that allocates nothing.
bool CipherCache::Place::key(const TrafficKeys& wanted, Aead wanted_aead, Use use) {
    if (!context) context.reset(EVP_CIPHER_CTX_new());
    if (!context) return false;
    const bool has_cipher = EVP_CIPHER_CTX_get0_cipher(context.get()) != nullptr && aead == wanted_aead;
    const EVP_CIPHER* const cipher = has_cipher ? nullptr : cipher_of(wanted_aead);
    if (!has_cipher) {
        wipe();
        if (cipher == nullptr) return false;
    }
    keys = nullptr;
    if (EVP_CipherInit_ex2(context.get(), cipher, wanted.key.data(), nullptr, use == Use::seal ? 1 : 0,
                           nullptr) != 1) {
        wipe();
        return false;
    }
    keys = &wanted;
    aead = wanted_aead;
    return true;
}

void CipherCache::Place::wipe() {
    if (context) EVP_CIPHER_CTX_reset(context.get());
    keys = nullptr;
}

CipherCache::CipherCache() : places_(std::make_unique<std::array<Places, 2>>()) {}

CipherCache::~CipherCache() = default;

CipherCache::Place& CipherCache::place_of(const TrafficKeys& keys, Use use) {
    const auto cell = reinterpret_cast<std::uintptr_t>(&keys) / cell_size;
    return (*places_)[static_cast<std::size_t>(use)][cell % places];
}

EVP_CIPHER_CTX* CipherCache::get(const TrafficKeys& keys, Aead aead, Use use) {
    Place& place = place_of(keys, use);
    if (place.keys != &keys && !place.key(keys, aead, use)) return nullptr;
    return place.context.get();
}

void CipherCache::forget(const TrafficKeys& keys) {
    for (const Use use : {Use::seal, Use::open}) {
        Place& place = place_of(keys, use);
        if (place.keys == &keys) place.wipe();
    }
}

}  // namespace baton::tls
