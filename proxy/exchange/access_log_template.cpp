#include "proxy/exchange/access_line.h"
#include "proxy/exchange/access_text.h"

#include <algorithm>
#include <string_view>

namespace baton {
namespace {

/// The value of `name` in a query string, as sent; empty when absent.
std::string_view query_parameter(std::string_view query, std::string_view name) {
    while (!query.empty()) {
        const std::string_view pair = query.substr(0, query.find('&'));
        if (pair.starts_with(name) && pair.size() > name.size() && pair[name.size()] == '=') {
            return pair.substr(name.size() + 1);
        }
        query.remove_prefix(std::min(pair.size() + 1, query.size()));
    }
    return {};
}

/// The fields that a record keeps.
std::string_view header(const AccessRecord& record, std::string_view name) {
    if (name == "user-agent") return record.user_agent;
    if (name == "referer") return record.referer;
    if (name == "host") return record.host;
    return {};
}

void write_variable(AccessText& text, const config::Template::Part& part, const AccessRecord& record) {
    using config::Variable;
    switch (part.variable) {
        case Variable::host: return text.escaped_or_dash(record.host);
        case Variable::uri:
            text.escaped_or_dash(record.path);
            if (!record.has_query) return;
            text.literal("?");
            return text.escaped(record.query);
        case Variable::path: return text.escaped_or_dash(record.path);
        case Variable::query: return text.escaped_or_dash(record.query);
        case Variable::method: return text.escaped_or_dash(record.method);
        case Variable::scheme: return text.escaped_or_dash(record.scheme);
        case Variable::client_ip: return text.escaped_or_dash(record.client_ip);
        case Variable::client_port: return text.number(record.client_port);
        case Variable::endpoint: return text.escaped_or_dash(record.endpoint);
        case Variable::request_id: return text.escaped_or_dash(record.id);
        case Variable::header: return text.escaped_or_dash(header(record, part.text));
        case Variable::query_parameter: return text.escaped_or_dash(query_parameter(record.query, part.text));
        case Variable::upstream: return text.escaped_or_dash(record.upstream);
        case Variable::status: return text.number(record.status);
        case Variable::duration: return text.milliseconds(record.total);
        case Variable::cookie:
        case Variable::regex_group: return text.literal("-");
        case Variable::tls_version: return text.escaped_or_dash(record.tls_version);
        case Variable::tls_client_subject: return text.escaped_or_dash(record.client_certificate);
    }
}

}  // namespace

char* TemplateAccessLine::write(char* out, std::size_t capacity, const AccessRecord& record) const {
    AccessText text(out, out + capacity - 1);
    for (const config::Template::Part& part : line_.parts()) {
        if (part.is_variable) {
            write_variable(text, part, record);
        } else {
            text.literal(part.text);
        }
    }
    *text.end() = '\n';
    return text.end() + 1;
}

}  // namespace baton
