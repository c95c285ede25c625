#include "proxy/route/query_parameters.h"

#include "proxy/route/percent_encoding.h"

namespace baton::route {
namespace {

// What stands before the first `separator`; `text` keeps what stands behind it.
std::string_view cut(std::string_view& text, char separator) {
    const std::size_t end = text.find(separator);
    const std::string_view first = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    return first;
}

}  // namespace

std::optional<QueryParameter> QueryParameters::next() {
    while (!rest_.empty()) {
        const std::string_view parameter = cut(rest_, '&');
        if (parameter.empty()) continue;
        std::string_view value = parameter;
        const std::string_view name = cut(value, '=');
        return QueryParameter{name, value};
    }
    return {};
}

std::string_view decode_parameter(std::string_view text, std::string& scratch) {
    if (text.find_first_of("%+") == std::string_view::npos) return text;
    scratch.clear();
    for (std::size_t i = 0; i < text.size(); ++i) {
        const int byte = text[i] == '%' ? escaped_byte(text, i) : -1;
        if (byte >= 0) {
            scratch += static_cast<char>(byte);
            i += 2;
        } else {
            scratch += text[i] == '+' ? ' ' : text[i];
        }
    }
    return scratch;
}

std::optional<std::string_view> find_parameter(std::string_view query, std::string_view name,
                                               std::string& scratch) {
    QueryParameters parameters{query};
    while (const auto parameter = parameters.next()) {
        if (decode_parameter(parameter->name, scratch) == name) return parameter->value;
    }
    return {};
}

}  // namespace baton::route
