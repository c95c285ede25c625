#include "proxy/http/trailers.h"

#include "proxy/http/characters.h"
#include "proxy/http/head_lines.h"
#include "proxy/http/hop_by_hop.h"

#include <algorithm>
#include <array>

namespace baton::http {

namespace {

/// Names without an id of their own, in lower case.
constexpr std::array<std::string_view, 26> forbidden{
    "accept-ranges",
    "allow",
    "alt-svc",
    "authentication-info",
    "early-data",
    "expires",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "keep-alive",
    "last-event-id",
    "location",
    "origin",
    "pragma",
    "proxy-authentication-info",
    "range",
    "retry-after",
    "set-cookie",
    "set-cookie2",
    "vary",
    "warning",
    "www-authenticate",
    "x-forwarded",
    "x-request-id",
};
constexpr std::array<std::string_view, 8> forbidden_prefixes{
    "content-", "x-forwarded-", "sec-", "access-control-", "x-accel-", "proxy-", "x-real-", "cf-connecting-",
};

bool starts_without_case(std::string_view text, std::string_view prefix) {
    return text.size() >= prefix.size() && equals_without_case(text.substr(0, prefix.size()), prefix);
}

}  // namespace

ParseResult parse_trailers(std::string_view section, FieldList& trailers) {
    trailers.clear();
    const HeadLimits limits;
    for (std::size_t at = 0; at < section.size();) {
        const Line line = find_line(section, at, at, section.size());
        Field field;
        if (line.status != LineStatus::complete || line.text.empty() || trailers.size() == limits.count ||
            take_field(line.text, section, field).status == ParseStatus::rejected)
            return refuse(Rejection::bad_trailer);
        trailers.add(field);
        at += line.text.size() + 2;
    }
    return complete;
}

bool allowed_in_trailers(const Field& field) {
    // Every field that Baton knows by id means something to a head; none makes sense behind a body.
    if (field.id != FieldId::other || !forwardable_name(field.name)) return false;
    const auto equals = [&field](std::string_view name) { return equals_without_case(field.name, name); };
    const auto starts = [&field](std::string_view prefix) { return starts_without_case(field.name, prefix); };
    return std::ranges::none_of(forbidden, equals) && std::ranges::none_of(forbidden_prefixes, starts);
}

}  // namespace baton::http
