/// Names every exchange: X-Request-Id (a UUIDv7, RFC 9562 §5.7) and traceparent (W3C Trace Context §3.2).
#pragma once

#include "config/config.h"
#include "proxy/http/heads.h"
#include "server/event/clock.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace baton::http {

inline constexpr std::size_t uuid_length = 36;
inline constexpr std::size_t traceparent_length = 55;

/// The memory of one exchange's own id and traceparent. It must stay where it is while views of it are in
/// use.
struct IdBuffers {
    std::array<char, uuid_length> request_id;
    std::array<char, traceparent_length> traceparent;
};

struct Trace {
    std::string_view traceparent;  ///< the client's own, or one made into the buffers
    std::string_view trace_id;     ///< its 32 hexadecimal digits
    /// The client sent none that is valid: its traceparent and tracestate are not copied (W3C Trace Context
    /// §4.3).
    bool made = false;
};

/// Makes identifiers. One per worker, made inside the worker: two processes must never share its random
/// bytes.
class IdSource {
public:
    /// Where random bytes come from; tests put their own in its place.
    using Fill = void (*)(std::span<std::uint8_t> bytes);
    IdSource();
    explicit IdSource(Fill fill) : fill_(fill) {}

    /// Writes a UUIDv7. Later ids of one source compare greater than earlier ones, even when the wall clock
    /// steps back.
    std::string_view make_uuid(WallTime now, std::span<char, uuid_length> out);
    /// Writes `00-<trace id>-<parent id>-01`. It says "sampled": otherwise services behind us that follow
    /// their parent would stop tracing altogether.
    std::string_view make_traceparent(std::span<char, traceparent_length> out);

    /// The id of a request: the client's when the listener trusts it and the peer is a trusted proxy, else a
    /// new one. When the result does not view `buffers` it views the client's field, which may then be copied
    /// as it is.
    std::string_view request_id(const config::RequestId& settings, bool peer_trusted, const FieldList& fields,
                                WallTime now, IdBuffers& buffers);
    /// The client's traceparent when there is exactly one and it is valid, else a new one.
    Trace trace(const FieldList& fields, IdBuffers& buffers);

private:
    /// The next `count` random bytes; valid until the next call.
    std::span<const std::uint8_t> random(std::size_t count);

    Fill fill_;
    std::array<std::uint8_t, 4096> pool_{};  // one system call for about 120 requests
    std::size_t used_ = sizeof(pool_);
    std::uint64_t last_millisecond_ = 0;
    std::uint32_t counter_ = 0;  // 12 bits, within one millisecond
};

/// Whether an id from a trusted proxy may be kept: 1 to 128 characters of `A-Z a-z 0-9 - _ . : + / = @`.
bool is_acceptable_request_id(std::string_view id);
/// Whether `value` is a valid traceparent (W3C Trace Context §3.2.2; a future version may be longer).
bool is_valid_traceparent(std::string_view value);

}  // namespace baton::http
