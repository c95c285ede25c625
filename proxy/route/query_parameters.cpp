#include "proxy/route/query_parameters.h"

#include "proxy/route/percent_encoding.h"

#include <algorithm>

namespace baton::route {

std::optional<QueryParameter> QueryParameters::next() {
    while (!rest_.empty()) {
        const std::size_t end = std::min(rest_.find('&'), rest_.size());
        const std::string_view parameter = rest_.substr(0, end);
        rest_.remove_prefix(std::min(end + 1, rest_.size()));
        if (parameter.empty()) continue;
        const std::size_t equals = std::min(parameter.find('='), parameter.size());
        return QueryParameter{parameter.substr(0, equals),
                              parameter.substr(std::min(equals + 1, parameter.size()))};
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
