#include "server/tls/session_tickets.h"

#include "server/tls/ticket_keys.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <cstring>

namespace baton::tls {
namespace {

constexpr int iv_length = 16;

bool key_mac(const shared::TicketKey& key, EVP_MAC_CTX* mac) {
    char digest[] = "SHA256";
    const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                                     OSSL_PARAM_construct_end()};
    return EVP_MAC_init(mac, key.authentication.data(), key.authentication.size(), parameters) == 1;
}

}  // namespace

SessionTickets::SessionTickets(const shared::TicketKeyRing& ring)
    : ring_(ring), cipher_(EVP_CIPHER_fetch(nullptr, "AES-256-CBC", nullptr)) {}

SessionTickets::~SessionTickets() {
    EVP_CIPHER_free(cipher_);
}

TicketVerdict SessionTickets::prepare_to_seal(std::array<std::uint8_t, 16>& key_name, unsigned char* iv,
                                              EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac) {
    const TicketKeys present(ring_);
    if (present.count == 0 || cipher_ == nullptr) return TicketVerdict::failed;
    const shared::TicketKey& key = present.keys.front();
    key_name = key.name;
    const bool ready = RAND_bytes(iv, iv_length) == 1 &&
                       EVP_EncryptInit_ex2(cipher, cipher_, key.encryption.data(), iv, nullptr) == 1 &&
                       key_mac(key, mac);
    return ready ? TicketVerdict::good : TicketVerdict::failed;
}

TicketVerdict SessionTickets::prepare_to_open(const unsigned char* key_name, const unsigned char* iv,
                                              EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac) {
    const TicketKeys present(ring_);
    if (cipher_ == nullptr) return TicketVerdict::unknown;
    for (const shared::TicketKey& key : present.all()) {
        if (std::memcmp(key.name.data(), key_name, key.name.size()) != 0) continue;
        if (EVP_DecryptInit_ex2(cipher, cipher_, key.encryption.data(), iv, nullptr) != 1 ||
            !key_mac(key, mac))
            return TicketVerdict::unknown;
        return &key == present.keys.data() ? TicketVerdict::good : TicketVerdict::renew;
    }
    return TicketVerdict::unknown;
}

}  // namespace baton::tls
