/// Seals and opens the records of an established TLS connection (RFC 8446 §5, RFC 5246 §6.2), and speaks what
/// is left of the protocol after the handshake: alerts, KeyUpdate, close_notify.
///
/// Knows nothing of sockets: bytes in, bytes out.
#pragma once

#include "server/buffer/byte_queue.h"
#include "server/buffer/receive_buffer.h"
#include "server/tls/alert.h"
#include "server/tls/record_state.h"
#include "server/tls/workspace.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace baton::tls {

inline constexpr std::size_t record_header_length = 5;
inline constexpr std::size_t longest_plaintext = 16 * 1024;
/// A whole record, header included: TLS 1.2 allows more expansion than TLS 1.3 (RFC 5246 §6.2.3, RFC 8446
/// §5.2); AEADs never need it.
inline constexpr std::size_t longest_record = record_header_length + longest_plaintext + 256;

/// What the first bytes of a record announce.
struct RecordHeader {
    std::uint8_t type;
    std::size_t length;  ///< of the whole record, header included
};
enum class Framed : std::uint8_t { complete_header, need_more, not_tls, too_long };
/// Looks at the header at the front of `bytes`. `not_tls`: no record type or version that a peer may send.
Framed read_header(std::string_view bytes, RecordHeader& header);

/// What a record was.
enum class Opened : std::uint8_t {
    data,     ///< application data was appended
    nothing,  ///< an empty record, or something that was dealt with here
    closed,   ///< close_notify: the peer sends no more; what comes after it is ignored
    failed,   ///< the connection is over; a fatal alert is in `replies`, or the peer has sent one
};

class RecordLayer {
public:
    /// `blocks` is what small messages waiting for their rest are kept in. The suite of `keys` is one of
    /// find_suite's.
    RecordLayer(Workspace& workspace, HeldKeys keys);
    RecordLayer(RecordLayer&&) noexcept;
    RecordLayer& operator=(RecordLayer&&) = delete;
    ~RecordLayer();

    /// Opens one whole record, header included, as `read_header` framed it. The plaintext is appended to
    /// `into` in one pass, without another copy; `record` is left as it was. Answers to the peer (KeyUpdate,
    /// alerts) are appended to `replies`, sealed.
    Opened open(std::string_view record, ReceiveBuffer& into, ByteQueue& replies);
    /// Seals the first `bytes` of `plaintext` (at most its size), consumes them, and appends the records to
    /// `records`. Record sizes: small ones first for latency, the longest when the connection is warm. Fails
    /// (false) when the keys are used up (TLS 1.2) or OpenSSL fails: the connection must be closed.
    bool seal(ByteQueue& plaintext, std::size_t bytes, ByteQueue& records);
    /// Seals a close_notify, once.
    void close_notify(ByteQueue& records);
    /// Seals a fatal alert; nothing may be sealed after it.
    void fail(Alert alert, ByteQueue& records);
    /// The connection was silent: the next records are small again.
    void cool_down() { warm_bytes_ = 0; }

    const CipherSuite& suite() const { return *suite_; }
    const RecordState& state() const { return *keys_; }
    /// Gives the keys away and with them the right to seal and open: this object is dead afterwards. Only
    /// when `movable()`.
    HeldKeys take_keys() &&;
    /// False while half of a post-handshake message is waiting for its rest.
    bool movable() const;
    /// The alert that ended it, sent or received, for the log.
    std::optional<Alert> last_alert() const { return last_alert_; }

private:
    struct Plain;

    Workspace& workspace_;
    HeldKeys keys_;
    const CipherSuite* suite_;
    std::uint64_t warm_bytes_ = 0;
    std::uint32_t key_updates_ = 0;    // received, counted against the records between them
    std::uint32_t empty_records_ = 0;  // and other records without effect, in a row
    std::optional<Alert> last_alert_;
    std::unique_ptr<std::string> partial_message_;  // a handshake message whose rest is due
};

}  // namespace baton::tls
