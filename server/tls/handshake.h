/// One TLS handshake: OpenSSL shakes hands, and at its end the record layer takes over.
///
/// Knows nothing of sockets: records in, bytes out. OpenSSL is lent exactly one whole record at a time, so
/// that it never holds bytes that belong to the record layer.
#pragma once

#include "server/buffer/byte_queue.h"
#include "server/tls/alert.h"
#include "server/tls/client_context.h"
#include "server/tls/handshake_fault.h"
#include "server/tls/record_header.h"
#include "server/tls/record_state.h"
#include "server/tls/server_context.h"
#include "server/tls/tls_info.h"
#include "server/tls/workspace.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace baton::tls {

struct HandshakeEngine;

class Handshake {
public:
    /// What `feed` has led to.
    enum class Status : std::uint8_t {
        need_more,  ///< there is no whole record yet; or, with bytes consumed, the peer is next
        done,       ///< established: what follows in the input belongs to the record layer
        failed,     ///< see `failure`; an alert, if one is due, is in the output
    };
    struct Progress {
        Status status;
        std::size_t consumed = 0;  ///< bytes of the input, a whole record or none
    };

    /// The workspace and the context outlive it. Null when OpenSSL has no memory.
    static std::unique_ptr<Handshake> accept(Workspace& workspace, ServerContext& context);
    /// `server_name` is sent as SNI and verified; an IP address is verified but not sent.
    static std::unique_ptr<Handshake> connect(Workspace& workspace, ClientContext& context,
                                              std::string_view server_name);
    Handshake(const Handshake&) = delete;
    Handshake& operator=(const Handshake&) = delete;
    ~Handshake();

    /// Client: writes the first flight. Called once, before anything is fed.
    Progress begin(ByteQueue& output);
    /// Takes the record at the front of `input`, if it is there as a whole. Not after `done` or `failed`.
    Progress feed(std::string_view input, ByteQueue& output);
    /// Whether feeding the record at the front of `input` makes OpenSSL calculate with public keys.
    static bool is_expensive(std::string_view input);

    /// After `failed`.
    const HandshakeFailure& failure() const { return *failure_; }
    /// After `done`: what is known, and the keys. Nothing of OpenSSL is left then.
    struct Established {
        HeldKeys keys;
        TlsInfo info;
    };
    Established take_established() &&;

private:
    explicit Handshake(std::unique_ptr<HandshakeEngine> engine);
    Progress refuse_first_bytes(std::string_view input, ByteQueue& output);
    Progress refuse_record(Framed why, const RecordHeader& header, ByteQueue& output);
    Progress advance(std::string_view record, ByteQueue& output);
    Progress finish(std::string_view last_read);
    Progress fail(HandshakeFault fault, std::string detail);

    std::unique_ptr<HandshakeEngine> engine_;  // gone when it has ended
    std::optional<HandshakeFailure> failure_;
    Established established_;
    bool anything_fed_ = false;
};

}  // namespace baton::tls
