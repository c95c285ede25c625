/// The client's side of one exchange: an HTTP/1 connection's present request now, an HTTP/2 stream too.
///
/// The exchange pulls the request body and pushes the response; what it does not pull is not read from the
/// client, which is all the back-pressure there is.
///
///     head() → read_request_body()* → begin_interim()* → begin_response() … end_head() → send_body()* →
///     finish()
///                                                                                                  | abort()
#pragma once

#include "config/config.h"
#include "proxy/http/client_address.h"
#include "proxy/http/heads.h"
#include "proxy/http/http1_body_reader.h"
#include "proxy/http/http1_writer.h"
#include "server/buffer/byte_queue.h"
#include "server/net/transport.h"
#include "server/result.h"

#include <cstddef>
#include <cstdint>
#include <memory>

namespace baton {

/// What a stream tells its exchange.
class DownstreamEvents {
public:
    virtual ~DownstreamEvents() = default;
    /// More of the request body can be read, or what was sent has left and there is room for more.
    virtual void on_downstream_ready() = 0;
    /// The client has gone; the stream may not be used any more except to be let go.
    virtual void on_downstream_gone(Failure failure) = 0;
    /// The client has ended its side (FIN) but may still read.
    virtual void on_downstream_half_closed() = 0;
};

/// A transport that was taken out of a stream to become one side of a tunnel, with what was received beyond
/// the head.
struct TunnelEnd {
    std::unique_ptr<Transport> transport;
    ReceiveBuffer received;
    ByteQueue unsent;  ///< the head of the 101, if it has not left yet
};

/// How much more of the request body there is.
struct RequestBodyRead {
    enum class Status : std::uint8_t {
        more,       ///< `content` bytes were delivered, the rest has not arrived
        complete,   ///< the body has ended
        malformed,  ///< the client broke its framing: `rejection` says how
        gone,       ///< the client closed in the middle
    } status;
    std::size_t content = 0;
    http::Rejection rejection{};
};

class DownstreamStream {
public:
    virtual ~DownstreamStream() = default;

    /// Moves what has arrived of the request body to the end of `to`, about `most` bytes at the most.
    virtual RequestBodyRead read_request_body(ByteQueue& to, std::size_t most) = 0;
    virtual bool request_body_complete() const = 0;

    /// A 1xx response (not 101): the status line is written, the fields come through the writer, then
    /// `end_head`.
    virtual http::HeadWriter& begin_interim(std::uint16_t status) = 0;
    virtual void end_interim() = 0;

    /// Starts the final response. The body's framing is the stream's own business: `body` only says what is
    /// known of it. Field lines that concern the connection are written by the stream, all others by the
    /// caller.
    virtual http::HeadWriter& begin_response(std::uint16_t status, std::string_view reason,
                                             http::BodyFraming body) = 0;
    virtual void end_head() = 0;
    /// Takes all of `content` and sends it in the response's framing.
    virtual void send_body(ByteQueue& content) = 0;
    /// Ends the response completely and well. `trailers` may be sent or not: they are chosen already.
    virtual void finish(const http::FieldList& trailers) = 0;
    /// Ends a response that has begun in a way that the client cannot mistake for complete (RFC 9112 §8).
    virtual void abort() = 0;
    /// The connection must not be used for another request after this one.
    virtual void close_after_response() = 0;
    /// Gives what is queued to the transport. False: the client has gone.
    virtual bool flush() = 0;
    /// Bytes of the response that the client has not taken yet.
    virtual std::size_t unsent() const = 0;

    /// Ends HTTP here: writes the 101 that was begun and hands the transport over.
    virtual TunnelEnd start_tunnel() = 0;
    /// The exchange has ended; it may be destroyed or reused after this call.
    virtual void exchange_ended() = 0;

    // What is known of the client
    virtual const http::Peer& peer() const = 0;
    virtual std::uint16_t local_port() const = 0;  ///< that the connection came in on; 0 = none (UNIX)
    virtual const config::Listener& listener() const = 0;
    virtual std::size_t listener_index() const = 0;  ///< into Config::listeners
    /// What the handshake with the client agreed on; null without TLS. Lives as long as the connection.
    virtual const tls::TlsInfo* tls() const = 0;
    virtual std::string_view protocol() const = 0;  ///< `http/1.1`, for the log
    virtual bool accepts_chunked() const = 0;       ///< HTTP/1.1 and later
};

}  // namespace baton
