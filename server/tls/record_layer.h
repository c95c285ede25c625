/// Seals and opens the records of an established TLS connection (RFC 8446 §5, RFC 5246 §6.2), and speaks what
/// is left of the protocol after the handshake: alerts, KeyUpdate, close_notify.
///
/// Knows nothing of sockets: bytes in, bytes out. What is sealed must leave in the order in which it was
/// sealed: whoever gives different queues for replies and for data sends the one that was filled first,
/// first.
#pragma once

#include "server/buffer/byte_queue.h"
#include "server/buffer/receive_buffer.h"
#include "server/tls/alert.h"
#include "server/tls/message_reader.h"
#include "server/tls/record_header.h"
#include "server/tls/record_protection.h"
#include "server/tls/record_state.h"
#include "server/tls/tls_state.h"
#include "server/tls/workspace.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace baton::tls {

/// Records that are sealed with one key at most: far below what an AEAD of either kind bears (RFC 8446 §5.5).
/// In TLS 1.3 the next key follows; TLS 1.2 has none.
inline constexpr std::uint64_t most_records_per_key = std::uint64_t{1} << 23;
/// 2^24.5, what AES-GCM bears with records of full length (RFC 9325 §4.4). ChaCha20-Poly1305 bears more than
/// there are sequence numbers.
inline constexpr std::uint64_t most_records_of_tls_1_2_gcm = 23'726'566;
/// Which of them holds for `suite`.
std::uint64_t most_records(const CipherSuite& suite);

/// What a record was.
enum class Opened : std::uint8_t {
    data,     ///< application data was appended
    nothing,  ///< an empty record, or something that was dealt with here
    closed,   ///< close_notify: the peer sends no more; what comes after it is ignored
    failed,   ///< the connection is over; a fatal alert is in `replies`, or the peer has sent one
};

class RecordLayer {
public:
    /// The suite of `keys` is one of find_suite's, and `longest_plaintext` is between 1 and 16 KiB.
    RecordLayer(Workspace& workspace, HeldKeys keys);
    /// Goes on where another one's `layer_state()` was taken, together with its keys.
    RecordLayer(Workspace& workspace, HeldKeys keys, const RecordLayerState& state);
    RecordLayer(RecordLayer&&) noexcept;
    RecordLayer& operator=(RecordLayer&&) = delete;
    ~RecordLayer();

    /// Opens one whole record, header included, as `read_header` framed it. The plaintext is appended to
    /// `into` in one pass, without another copy; `record` is left as it was. Answers to the peer (KeyUpdate,
    /// alerts) are appended to `replies`, sealed. What follows `closed` or `failed` says the same again.
    Opened open(std::string_view record, ReceiveBuffer& into, ByteQueue& replies);
    /// Seals the first `bytes` of `plaintext` (at most its size), consumes them, and appends the records to
    /// `records`. Record sizes: small ones first for latency, the longest when the connection is warm. Fails
    /// (false) when the keys are used up (TLS 1.2), OpenSSL fails, or nothing may be sealed any more: the
    /// connection must be closed.
    bool seal(ByteQueue& plaintext, std::size_t bytes, ByteQueue& records);
    /// Seals a close_notify, once.
    void close_notify(ByteQueue& records);
    /// Seals a fatal alert, unless our close_notify has gone before; nothing is sealed or opened after it.
    void fail(Alert alert, ByteQueue& records);
    /// The connection was silent: the next records are small again.
    void cool_down() { warm_bytes_ = 0; }

    const CipherSuite& suite() const { return *suite_; }
    /// Its keys, until `leave`.
    const RecordState& state() const { return *keys_; }
    /// Everything else.
    RecordLayerState layer_state() const;
    /// False once it has failed or left.
    bool movable() const { return !failed_; }
    /// Another one goes on: wipes the keys. Nothing is sealed or opened here any more, as after a failure.
    void leave();
    /// The alert that ended it, sent or received, for the log.
    std::optional<Alert> last_alert() const { return last_alert_; }

private:
    Opened read(ContentType type, std::string_view content, ReceiveBuffer& into, ByteQueue& replies);
    Opened read_alert(std::string_view content, ByteQueue& replies);
    Opened read_messages(std::string_view content, ByteQueue& replies);
    Opened follow_key_update(LateMessage message, ByteQueue& replies);
    Opened refuse_renegotiation(ByteQueue& replies);
    Opened without_effect(ByteQueue& replies);
    Opened refuse(Alert alert, ByteQueue& replies);
    bool is_tls_1_3() const { return suite_->version == Version::tls_1_3; }
    bool may_seal_data(ByteQueue& records);
    std::size_t next_length() const;
    bool seal_data(ByteQueue& plaintext, std::size_t length, ByteQueue& records);
    bool seal_message(ContentType type, std::string_view message, ByteQueue& records);
    bool renew_own_keys(ByteQueue& records);
    bool update(TrafficKeys& keys);
    bool spend_allowance();
    void forget();

    Workspace& workspace_;
    HeldKeys keys_;
    const CipherSuite* suite_;
    std::uint64_t warm_bytes_ = 0;     // sealed since the connection was silent
    std::uint32_t allowance_;          // in records: what the peer may still ask for besides data
    std::uint32_t empty_records_ = 0;  // and other records without effect, in a row
    MessageReader messages_;
    bool failed_ = false;
    bool update_is_last_ = false;  // nothing was sealed since the KeyUpdate that answered the peer's
    std::optional<Alert> last_alert_;
};

}  // namespace baton::tls
