/// The five bytes in front of every TLS record (RFC 8446 §5.1, RFC 5246 §6.2.1).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace baton::tls {

inline constexpr std::size_t record_header_length = 5;
inline constexpr std::size_t longest_plaintext = 16 * 1024;
/// A whole record, header included: TLS 1.2 allows more expansion than TLS 1.3 (RFC 5246 §6.2.3, RFC 8446
/// §5.2); AEADs never need it.
inline constexpr std::size_t longest_record = record_header_length + longest_plaintext + 256;

enum class ContentType : std::uint8_t {
    change_cipher_spec = 20,
    alert = 21,
    handshake = 22,
    application_data = 23,
};

/// What the first bytes of a record announce.
struct RecordHeader {
    std::uint8_t type;
    std::size_t length;  ///< of the whole record, header included
};
enum class Framed : std::uint8_t { complete_header, need_more, not_tls, too_long };

/// Looks at the header at the front of `bytes`; `header` is filled in when it is complete, and when the
/// record is too long. `not_tls`: no record type or version that a peer may send, said as early as the bytes
/// show it. Minor versions are left to the protocol: a ClientHello may carry an old one (RFC 8446 §5.1).
Framed read_header(std::string_view bytes, RecordHeader& header);

}  // namespace baton::tls
