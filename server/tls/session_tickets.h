/// Seals and opens session tickets with the lineage's keys, so that a ticket of one worker is good for all,
/// before and after a reload or an upgrade (RFC 5077 §4, RFC 8446 §4.6.1).
#pragma once

#include "server/shared/ticket_key_ring.h"

#include <array>
#include <cstdint>

struct evp_cipher_ctx_st;
struct evp_cipher_st;
struct evp_mac_ctx_st;

namespace baton::tls {

/// What OpenSSL's callback wants to be told.
enum class TicketVerdict : std::uint8_t {
    failed,   ///< of an encryption: no ticket is issued
    unknown,  ///< of a decryption: the key is gone, a full handshake follows
    good,
    renew,  ///< good, but its key no longer encrypts: a fresh ticket is issued
};

/// One worker's view of the keys. Holds none of them: they are read from the ring for each ticket.
class SessionTickets {
public:
    /// `ring` outlives it.
    explicit SessionTickets(const shared::TicketKeyRing& ring);
    SessionTickets(const SessionTickets&) = delete;
    SessionTickets& operator=(const SessionTickets&) = delete;
    ~SessionTickets();

    /// Keys `cipher` (AES-256-CBC) and `mac` (HMAC-SHA-256) for a ticket that is issued now; fills in the
    /// name of the key and a fresh IV of 16 bytes.
    TicketVerdict prepare_to_seal(std::array<std::uint8_t, 16>& key_name, unsigned char* iv,
                                  evp_cipher_ctx_st* cipher, evp_mac_ctx_st* mac);
    /// The same for a ticket that a client has sent. OpenSSL checks the HMAC before it decrypts anything.
    TicketVerdict prepare_to_open(const unsigned char* key_name, const unsigned char* iv,
                                  evp_cipher_ctx_st* cipher, evp_mac_ctx_st* mac);

private:
    const shared::TicketKeyRing& ring_;
    evp_cipher_st* cipher_;  // fetched once; null when OpenSSL has none, and then there are no tickets
};

}  // namespace baton::tls
