#include "proxy/route/template_evaluation.h"

#include "proxy/route/percent_encoding.h"
#include "proxy/route/query_parameters.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace baton::route {

namespace {

using config::Variable;
using ByteSet = std::array<bool, 256>;

constexpr std::string_view sub_delims_and_more = "!$&'()*+,;=:@/%";

// What a field value may hold (RFC 9110 §5.5).
constexpr ByteSet field_bytes = [] {
    ByteSet set{};
    for (std::size_t byte = 0x20; byte < 256; ++byte) set[byte] = byte != 0x7f;
    set['\t'] = true;
    return set;
}();

// pchar and slash (RFC 3986 §3.3); escapes are left as they are.
constexpr ByteSet path_bytes = [] {
    ByteSet set{};
    for (int byte = 0; byte < 128; ++byte) set[static_cast<std::size_t>(byte)] = is_unreserved(byte);
    for (const char byte : sub_delims_and_more) set[static_cast<unsigned char>(byte)] = true;
    return set;
}();

constexpr ByteSet url_bytes = [] {
    ByteSet set = path_bytes;
    for (const char byte : std::string_view{"?#[]"}) set[static_cast<unsigned char>(byte)] = true;
    return set;
}();

void append_allowed(std::string& out, std::string_view text, const ByteSet& allowed) {
    const auto is_allowed = [&](char c) { return allowed[static_cast<unsigned char>(c)]; };
    if (std::ranges::all_of(text, is_allowed)) {
        out += text;
        return;
    }
    for (const char c : text) {
        if (is_allowed(c)) {
            out += c;
        } else {
            append_escape(out, static_cast<unsigned char>(c));
        }
    }
}

void append_value(std::string& out, std::string_view value, Destination destination) {
    switch (destination) {
        case Destination::field_value: return append_allowed(out, value, field_bytes);
        case Destination::url: return append_allowed(out, value, url_bytes);
        case Destination::path: return append_allowed(out, value, path_bytes);
        case Destination::text: out += value; return;
    }
}

// The configuration may write what it likes, but a line of a head it cannot end either.
void append_literal(std::string& out, std::string_view text, Destination destination) {
    if (destination == Destination::text) {
        out += text;
    } else {
        append_allowed(out, text, field_bytes);
    }
}

void append_number(std::string& out, std::int64_t number) {
    std::array<char, 20> digits;
    const auto result = std::to_chars(digits.data(), digits.data() + digits.size(), number);
    out.append(digits.data(), result.ptr);
}

void append_query_parameter(std::string& out, std::string_view name, const TemplateValues& values,
                            Destination destination) {
    std::string decoded;
    const auto raw = find_parameter(values.query, name, decoded);
    if (!raw) return;
    const bool stays_encoded = destination == Destination::url || destination == Destination::path;
    append_value(out, stays_encoded ? *raw : decode_parameter(*raw, decoded), destination);
}

std::string_view field_of(const TemplateValues& values, std::string_view name) {
    const http::Field* field = values.fields == nullptr ? nullptr : values.fields->find(name);
    return field == nullptr ? std::string_view{} : field->value;
}

std::string_view group_of(const TemplateValues& values, std::string_view number) {
    const auto index = static_cast<std::size_t>(number.front() - '0');
    return index < values.groups.size() ? values.groups[index] : std::string_view{};
}

void append_variable(std::string& out, const config::Template::Part& part, const TemplateValues& values,
                     Destination destination) {
    const auto append = [&](std::string_view value) { append_value(out, value, destination); };
    switch (part.variable) {
        case Variable::host: return append(values.host);
        case Variable::uri:
            append(values.path);
            if (!values.has_query) return;
            append("?");
            return append(values.query);
        case Variable::path: return append(values.path);
        case Variable::query: return append(values.query);
        case Variable::method: return append(values.method);
        case Variable::scheme: return append(values.scheme);
        case Variable::client_ip: return append(values.client_ip);
        case Variable::client_port: return append_number(out, values.client_port);
        case Variable::endpoint: return append(values.endpoint);
        case Variable::request_id: return append(values.request_id);
        case Variable::header: return append(field_of(values, part.text));
        case Variable::cookie:
            if (values.fields != nullptr) append(find_cookie(*values.fields, part.text));
            return;
        case Variable::query_parameter: return append_query_parameter(out, part.text, values, destination);
        case Variable::regex_group: return append(group_of(values, part.text));
        case Variable::tls_version: return append(values.tls_version);
        case Variable::tls_client_subject: return append(values.tls_client_subject);
        case Variable::upstream: return append(values.upstream);
        case Variable::status:
            if (values.status != 0) append_number(out, values.status);
            return;
        case Variable::duration:
            if (values.duration < Duration::zero()) return;
            return append_number(
                out, std::chrono::duration_cast<std::chrono::milliseconds>(values.duration).count());
    }
}

}  // namespace

void evaluate(const config::Template& source, const TemplateValues& values, Destination destination,
              std::string& out) {
    for (const config::Template::Part& part : source.parts()) {
        if (part.is_variable) {
            append_variable(out, part, values, destination);
        } else {
            append_literal(out, part.text, destination);
        }
    }
}

std::string_view evaluated(const config::Template& source, const TemplateValues& values,
                           Destination destination, std::string& scratch) {
    if (source.empty()) return {};
    if (destination == Destination::text && source.is_literal()) return source.parts().front().text;
    scratch.clear();
    evaluate(source, values, destination, scratch);
    return scratch;
}

std::string_view find_cookie(const http::FieldList& fields, std::string_view name) {
    if (!fields.has(http::FieldId::cookie)) return {};
    for (const http::Field& field : fields) {
        if (field.id != http::FieldId::cookie) continue;
        std::string_view rest = field.value;
        while (!rest.empty()) {
            const std::size_t end = std::min(rest.find(';'), rest.size());
            std::string_view pair = rest.substr(0, end);
            rest.remove_prefix(std::min(end + 1, rest.size()));
            while (!pair.empty() && pair.front() == ' ') pair.remove_prefix(1);
            if (pair.size() > name.size() && pair.starts_with(name) && pair[name.size()] == '=') {
                return pair.substr(name.size() + 1);
            }
        }
    }
    return {};
}

}  // namespace baton::route
