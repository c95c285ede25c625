/// One request and its response on a leased HTTP/1 connection to an endpoint.
#pragma once

#include "proxy/http/heads.h"
#include "proxy/http/http1_body_reader.h"
#include "proxy/http/http1_parser.h"
#include "proxy/http/http1_writer.h"
#include "proxy/upstream/upstream_connection.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace baton::upgrade {
class FieldWriter;
class StrictReader;
}  // namespace baton::upgrade

namespace baton::upstream {

/// The outcome of looking for a response head.
enum class HeadRead : std::uint8_t {
    need_more,
    complete,
    rejected,  ///< not HTTP, or ambiguous: nothing of it may be passed on
    closed,    ///< the endpoint ended the connection first
    failed,    ///< reset or another error
};

struct ResponseBodyRead {
    enum class Status : std::uint8_t { more, complete, malformed, truncated } status;
    std::size_t content = 0;
};

class Http1Upstream {
public:
    explicit Http1Upstream(BlockPool& blocks) : unsent_(blocks) {}

    /// Begins with a connection that may still be connecting.
    void attach(UpstreamLease lease);
    explicit operator bool() const { return static_cast<bool>(lease_); }
    UpstreamConnection& connection() { return *lease_.operator->(); }
    const UpstreamConnection& connection() const { return *lease_.operator->(); }
    bool reused() const { return lease_->uses() > 0; }

    /// Where the request head is written to.
    ByteQueue& out() { return unsent_; }
    /// Sets how the body is framed; `none` means that there is none.
    void set_request_framing(http::BodyFraming framing);
    /// Takes all of `content`.
    void send_body(ByteQueue& content);
    /// The body has ended: writes the last chunk where the framing needs one.
    void finish_request();
    bool request_finished() const { return request_finished_; }
    /// Everything, the end of the body included, has been given to the kernel.
    bool request_sent() const { return request_finished_ && unsent() == 0; }
    IoResult flush();
    std::size_t unsent() const { return unsent_.size() + lease_->transport().unsent(); }
    /// Whether any byte of this request has left.
    bool anything_sent() const { return sent_ > 0; }

    /// Reads and parses until a head is complete. Its views are valid until the next read.
    HeadRead read_head(http::ResponseHead& head, const http::HeadLimits& limits, http::Method request_method);
    http::Rejection rejection() const { return rejection_; }
    int os_error() const { return os_error_; }
    /// Whether any byte of a response has come.
    bool anything_received() const { return anything_received_; }
    /// Consumes the head and prepares for the body of the final response.
    void begin_body(const http::ResponseHead& head);
    /// Consumes an interim head.
    void skip_head(const http::ResponseHead& head) {
        lease_->received().consume(head.size);
        parser_.reset();
    }
    ResponseBodyRead read_body(ByteQueue& to, std::size_t most);
    bool response_complete() const { return response_complete_; }
    /// The trailer section of a chunked response once it is complete (see `http::parse_trailers`).
    std::string_view trailers() const { return body_.trailers(); }

    /// Lets the connection go: back to its pool only if everything proves that nothing is due on it.
    void release();
    /// Closes the connection whatever its state.
    void close() {
        lease_.end(LeaseEnd::close);
        reset();
    }
    UpstreamLease take_lease();

    // On the way to another process: see upgrade::Movable.
    bool movable() const;
    void freeze() { lease_->transport().freeze(); }
    void thaw() { lease_->transport().thaw(); }
    bool is_open() const { return lease_->transport().is_open(); }
    /// Its transport belongs to another process now.
    void leave();
    int descriptor() const { return lease_->transport().descriptor(); }
    void pack(upgrade::FieldWriter& fields) const;
    /// Everything but the connection, which `attach` has brought. The reader's `good()` is to be asked.
    void unpack(upgrade::StrictReader& fields);
    /// What a connection is made of that comes with it.
    struct ConnectionPart {
        std::string_view received;
        std::uint32_t uses = 0;
    };
    static ConnectionPart unpack_connection(upgrade::StrictReader& fields);

private:
    void reset();
    bool is_reusable() const;

    UpstreamLease lease_;
    ByteQueue unsent_;
    http::BodyFraming request_framing_;
    http::ResponseParser parser_;
    http::Http1BodyReader body_;
    std::uint64_t sent_ = 0;
    int os_error_ = 0;
    http::Rejection rejection_{};
    bool request_finished_ = false;
    bool response_complete_ = false;
    bool keep_alive_ = false;
    bool anything_received_ = false;
};

}  // namespace baton::upstream
