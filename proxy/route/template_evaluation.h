/// Fills in a template's variables for one exchange.
#pragma once

#include "config/template.h"
#include "proxy/http/heads.h"
#include "server/event/clock.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace baton::route {

/// What the variables stand for. All views are borrowed for the call only; what is not known yet stays empty.
struct TemplateValues {
    /// `{host}`: without port in redirects and rules, as received (with port) for the Host that is sent
    /// upstream.
    std::string_view host;
    std::string_view path;  ///< normalised
    std::string_view query;
    bool has_query = false;
    std::string_view method;
    std::string_view scheme = "http";
    std::string_view client_ip;
    std::uint16_t client_port = 0;
    std::string_view endpoint;  ///< as configured (`app:3000`)
    std::string_view upstream;
    std::string_view request_id;
    std::string_view tls_version, tls_client_subject;
    std::uint16_t status = 0;                  ///< 0 = not known: evaluates to nothing
    Duration duration{-1};                     ///< evaluates to whole milliseconds; negative = not known
    const http::FieldList* fields = nullptr;   ///< of the request: `{header.NAME}`, `{cookie.NAME}`
    std::span<const std::string_view> groups;  ///< of the route's regex: `{re.N}`
};

/// Where the text goes decides how a client's bytes in it are made harmless.
enum class Destination : std::uint8_t {
    field_value,  ///< control bytes are written as `%XX`: nothing can end the line
    url,          ///< so is every byte that a URL may not hold; `{query.NAME}` stays encoded as it was sent
    path,         ///< like `url`, and `?`, `#` and `\` too: the value stays inside the path
    text,         ///< as it is, decoded: bodies, hash keys
};

/// Appends the evaluated template to `out`. A variable without a value gives nothing.
void evaluate(const config::Template& source, const TemplateValues& values, Destination destination,
              std::string& out);

/// The evaluated template: a view of its literal when it has no variable, else of `scratch`, which is
/// overwritten.
std::string_view evaluated(const config::Template& source, const TemplateValues& values,
                           Destination destination, std::string& scratch);

/// The value of a cookie in the request's Cookie fields; empty when there is none (RFC 6265 §5.4).
std::string_view find_cookie(const http::FieldList& fields, std::string_view name);

}  // namespace baton::route
