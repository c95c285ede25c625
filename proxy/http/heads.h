/// Request and response heads as the strict parser leaves them: views into the received bytes, checked once.
#pragma once

#include <boost/container/small_vector.hpp>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace baton::http {

// NOLINTNEXTLINE(readability-identifier-naming): `delete` is a keyword.
enum class Method : std::uint8_t { get, head, post, put, delete_, options, patch, connect, trace, other };

/// Fields that the proxy itself looks at; everything else is `other`.
enum class FieldId : std::uint8_t {
    other,
    accept,
    age,
    authorization,
    cache_control,
    connection,
    content_length,
    content_type,
    cookie,
    date,
    expect,
    forwarded,
    host,
    http2_settings,
    keep_alive,
    max_forwards,
    proxy_authenticate,
    proxy_authorization,
    proxy_connection,
    referer,
    sec_websocket_accept,
    sec_websocket_extensions,
    sec_websocket_key,
    sec_websocket_version,
    server,
    te,
    traceparent,
    tracestate,
    trailer,
    transfer_encoding,
    upgrade,
    user_agent,
    via,
    x_accel_buffering,
    x_forwarded_for,
    x_forwarded_host,
    x_forwarded_port,
    x_forwarded_proto,
    x_real_ip,
    count_,  // NOLINT(readability-identifier-naming): no field
};

/// The id of a field name in any case. Constant time.
FieldId field_id(std::string_view name);
/// Its usual spelling (`Content-Length`); empty for `other`.
std::string_view field_name(FieldId id);

struct Field {
    std::string_view name;   ///< as sent
    std::string_view value;  ///< without surrounding whitespace
    FieldId id = FieldId::other;
};

/// The fields of one head in their order.
class FieldList {
public:
    void clear() {
        fields_.clear();
        present_ = 0;
    }
    void add(const Field& field) {
        present_ |= std::uint64_t{1} << static_cast<unsigned>(field.id);
        fields_.push_back(field);
    }
    /// Whether a known field occurs at all, without a search.
    bool has(FieldId id) const { return (present_ >> static_cast<unsigned>(id) & 1) != 0; }
    /// The first value of a known field; empty when absent (see `has`).
    std::string_view first(FieldId id) const;
    /// The first value of any field, compared without case.
    const Field* find(std::string_view name) const;
    auto begin() const { return fields_.begin(); }
    auto end() const { return fields_.end(); }
    std::size_t size() const { return fields_.size(); }

private:
    static_assert(static_cast<unsigned>(FieldId::count_) <= 64);
    boost::container::small_vector<Field, 32> fields_;
    std::uint64_t present_ = 0;
};

/// Where a body ends (RFC 9112 §6.3).
enum class Framing : std::uint8_t { none, length, chunked, until_close };

struct BodyFraming {
    Framing kind = Framing::none;
    std::uint64_t length = 0;  ///< with Framing::length; bytes
    friend bool operator==(const BodyFraming&, const BodyFraming&) = default;
};

enum class TargetForm : std::uint8_t { origin, absolute, authority, asterisk };

/// A request head. All views point into the buffer that was parsed and are valid as long as it is.
struct RequestHead {
    Method method = Method::other;
    std::string_view method_text;
    std::string_view target;  ///< as sent
    TargetForm form = TargetForm::origin;
    std::string_view scheme;     ///< only of an absolute-form target: `http` or `https`
    std::string_view authority;  ///< of the absolute-form target, else of Host; with port if one was sent
    std::string_view path;   ///< as sent, starts with `/` (or is `*`); a path of "" in absolute form becomes
                             ///< "/", with OPTIONS and no query "*" (RFC 9112 §3.2.4)
    std::string_view query;  ///< without `?`; see has_query
    bool has_query = false;
    std::uint8_t minor_version = 1;  ///< HTTP/1.x; 1 for every higher one too (RFC 9110 §2.5)
    FieldList fields;
    BodyFraming framing;
    bool keep_alive = true;         ///< what the client asks for (RFC 9112 §9.3)
    bool expects_continue = false;  ///< never in HTTP/1.0 or without a body (RFC 9110 §10.1.1)
    std::size_t size = 0;           ///< bytes of the head with its final empty line
};

struct ResponseHead {
    std::uint16_t status = 0;
    std::string_view reason;
    std::uint8_t minor_version = 1;
    FieldList fields;
    BodyFraming framing;
    /// What the fields say, also of a body that HEAD or 304 spares; never `until_close`.
    BodyFraming announced;
    bool keep_alive = true;
    std::size_t size = 0;
};

}  // namespace baton::http
