#include "proxy/http/hop_by_hop.h"

#include "proxy/http/characters.h"
#include "proxy/http/client_certificate_headers.h"

namespace baton::http {

namespace {

constexpr std::uint64_t bit(FieldId id) {
    return std::uint64_t{1} << static_cast<unsigned>(id);
}

constexpr std::uint64_t fixed_set =
    bit(FieldId::connection) | bit(FieldId::proxy_connection) | bit(FieldId::keep_alive) | bit(FieldId::te) |
    bit(FieldId::trailer) | bit(FieldId::transfer_encoding) | bit(FieldId::upgrade) |
    bit(FieldId::http2_settings) | bit(FieldId::proxy_authenticate) | bit(FieldId::proxy_authorization);

/// What no Connection field removes: framing, routing, credentials and what tells the back end who asks.
constexpr std::uint64_t vouched_for =
    bit(FieldId::host) | bit(FieldId::content_length) | bit(FieldId::content_type) | bit(FieldId::expect) |
    bit(FieldId::authorization) | bit(FieldId::cookie) | bit(FieldId::cache_control) |
    bit(FieldId::max_forwards) | bit(FieldId::forwarded) | bit(FieldId::via) | bit(FieldId::x_forwarded_for) |
    bit(FieldId::x_forwarded_host) | bit(FieldId::x_forwarded_port) | bit(FieldId::x_forwarded_proto) |
    bit(FieldId::x_real_ip) | bit(FieldId::traceparent) | bit(FieldId::tracestate);

constexpr bool in(std::uint64_t set, FieldId id) {
    return (set >> static_cast<unsigned>(id) & 1) != 0;
}

/// Options of Connection that name no field which would otherwise be forwarded.
bool is_plain_option(std::string_view option) {
    return option.empty() || equals_without_case(option, "close") || in(fixed_set, field_id(option));
}

bool is_vouched_for(const Field& field) {
    constexpr std::string_view prefix = "x-forwarded-";
    if (field.id != FieldId::other) return in(vouched_for, field.id);
    return (field.name.size() > prefix.size() &&
            equals_without_case(field.name.substr(0, prefix.size()), prefix)) ||
           equals_without_case(field.name, "x-request-id") || is_client_certificate_field(field.name);
}

}  // namespace

HopByHop::HopByHop(const FieldList& fields) : fields_(fields) {
    if (!fields.has(FieldId::connection)) return;
    for (const Field& field : fields) {
        if (field.id != FieldId::connection) continue;
        for (std::string_view rest = field.value; !rest.empty();)
            if (!is_plain_option(take_list_element(rest))) lists_names_ = true;
    }
}

bool HopByHop::ends_here(const Field& field) const {
    if (in(fixed_set, field.id)) return true;
    return lists_names_ && !is_vouched_for(field) && lists_token(fields_, FieldId::connection, field.name);
}

bool lists_token(const FieldList& fields, FieldId id, std::string_view token) {
    if (!fields.has(id)) return false;
    for (const Field& field : fields) {
        if (field.id != id) continue;
        for (std::string_view rest = field.value; !rest.empty();)
            if (equals_without_case(take_list_element(rest), token)) return true;
    }
    return false;
}

bool forwardable_name(std::string_view name) {
    return name.find('_') == std::string_view::npos;
}

}  // namespace baton::http
