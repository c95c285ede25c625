/// A text with run-time variables, such as `https://{host}{uri}`, parsed once at load.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

namespace baton::config {

enum class Variable : std::uint8_t {
    host,
    uri,
    path,
    query,
    method,
    scheme,
    client_ip,
    client_port,
    endpoint,
    request_id,
    header,
    cookie,
    query_parameter,
    regex_group,
    tls_version,
    tls_client_subject,
    upstream,
    status,
    duration,
};

class Template {
public:
    struct Part {
        bool is_variable = false;
        Variable variable{};
        std::string text;  ///< the literal, or the variable's argument: header name (lower case), cookie,
                           ///< parameter, group
    };
    struct Mistake {
        std::size_t offset = 0;  ///< of the offending `{`, in bytes
        std::size_t length = 1;
        std::string message;
        std::string help;  ///< did-you-mean, may be empty
    };

    Template() = default;
    /// A template that is one literal.
    static Template literal(std::string text);
    /// Reads `{variables}` and the escapes `\{` and `\\`.
    static tl::expected<Template, Mistake> parse(std::string_view text);

    const std::vector<Part>& parts() const { return parts_; }
    bool empty() const { return parts_.empty(); }
    /// Whether the text has no variable: it may then be used as it is.
    bool is_literal() const { return parts_.empty() || (parts_.size() == 1 && !parts_.front().is_variable); }
    const std::string& source() const { return source_; }  ///< as written

private:
    std::vector<Part> parts_;
    std::string source_;
};

}  // namespace baton::config
