/// Seals and opens single records with the keys of one direction (RFC 8446 §5.2; for TLS 1.2 RFC 5288 §3 and
/// RFC 7905 §2). Knows nothing of what is in them.
#pragma once

#include "server/tls/alert.h"
#include "server/tls/cipher_suite.h"
#include "server/tls/record_header.h"
#include "server/tls/record_state.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <tl/expected.hpp>

struct evp_cipher_ctx_st;

namespace baton::tls {

/// How much longer a record is than its plaintext, header included: 22 bytes in TLS 1.3, 21 or 29 in TLS 1.2.
std::size_t record_overhead(const CipherSuite& suite);

/// One record while it is sealed, from pieces of plaintext. Counts in `keys` as soon as it begins: a nonce is
/// never used again, whatever happens.
class RecordSealer {
public:
    /// `context` is keyed with `keys` for sealing; null makes `finish` fail. The record is written to `to`,
    /// which has room for `length + record_overhead(suite)` bytes.
    RecordSealer(evp_cipher_ctx_st* context, const CipherSuite& suite, TrafficKeys& keys, ContentType type,
                 std::size_t length, char* to);
    void add(std::string_view piece);
    /// After pieces of `length` bytes in total. False when OpenSSL failed or the sequence numbers are used
    /// up: nothing of the record may be sent.
    bool finish();

private:
    void begin(const CipherSuite& suite, TrafficKeys& keys, std::size_t length);

    evp_cipher_ctx_st* context_;
    unsigned char* at_;
    ContentType type_;
    bool inner_type_;  // TLS 1.3 hides the type behind the plaintext
    bool good_;
};

/// What was in a record.
struct Content {
    ContentType type;
    std::size_t length;  ///< in bytes, from where it was opened to
};

/// Opens the whole record, header included, to `to`, which has room for `record.size()` bytes; TLS 1.3's
/// padding is taken off. `context` is keyed with `keys` for opening; `keys.sequence` counts on only when it
/// succeeds. Fails with the alert that is due; what was written to `to` then has been wiped.
tl::expected<Content, Alert> open_record(evp_cipher_ctx_st* context, const CipherSuite& suite,
                                         TrafficKeys& keys, std::string_view record, char* to);

}  // namespace baton::tls
