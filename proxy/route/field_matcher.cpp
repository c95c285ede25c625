#include "proxy/route/field_matcher.h"

#include "proxy/route/query_parameters.h"

#include <algorithm>

namespace baton::route {

namespace {

using Kind = config::FieldMatch::Kind;

bool same_name(std::string_view sent, std::string_view lower) {
    if (sent.size() != lower.size()) return false;
    return std::ranges::equal(sent, lower, [](char a, char b) {
        return (a >= 'A' && a <= 'Z' ? static_cast<char>(a | 0x20) : a) == b;
    });
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

bool lists(std::string_view list, std::string_view member) {
    while (!list.empty()) {
        const std::size_t end = std::min(list.find(','), list.size());
        if (trimmed(list.substr(0, end)) == member) return true;
        list.remove_prefix(std::min(end + 1, list.size()));
    }
    return false;
}

}  // namespace

FieldMatcher::FieldMatcher(const config::FieldMatch& condition)
    : condition_(condition), id_(http::field_id(condition.name)) {}

bool FieldMatcher::matches_value(std::string_view value) const {
    switch (condition_.kind) {
        case Kind::equals: return value == condition_.value;
        case Kind::regex: return condition_.regex.found_in(value);
        case Kind::present:
        case Kind::absent: return true;
    }
    return false;
}

bool FieldMatcher::matches_fields(const http::FieldList& fields) const {
    const bool wanted = condition_.kind != Kind::absent;
    if (id_ != http::FieldId::other && !fields.has(id_)) return !wanted;
    for (const http::Field& field : fields) {
        if (field.id != id_ || (id_ == http::FieldId::other && !same_name(field.name, condition_.name)))
            continue;
        if (matches_value(field.value)) return wanted;
        if (condition_.kind == Kind::equals && lists(field.value, condition_.value)) return true;
    }
    return !wanted;
}

bool FieldMatcher::matches_query(std::string_view query, std::string& scratch) const {
    const bool wanted = condition_.kind != Kind::absent;
    QueryParameters parameters{query};
    while (const auto parameter = parameters.next()) {
        if (decode_parameter(parameter->name, scratch) != condition_.name) continue;
        if (matches_value(decode_parameter(parameter->value, scratch))) return wanted;
    }
    return !wanted;
}

}  // namespace baton::route
