#include "config/header_rules.h"

#include "config/field_name.h"

#include <algorithm>
#include <string_view>

namespace baton::config {
namespace {

using Fields = std::vector<std::pair<std::string, Template>>;

/// Whether `pattern`, a lower-case name or `prefix-*`, takes in the field called `name`.
bool covers(std::string_view pattern, std::string_view name) {
    const std::string lower = lower_case(name);
    if (!pattern.ends_with('*')) return lower == pattern;
    return lower.starts_with(pattern.substr(0, pattern.size() - 1));
}

void drop(Fields& fields, std::string_view pattern) {
    std::erase_if(fields, [&](const auto& field) { return covers(pattern, field.first); });
}

}  // namespace

HeaderRules merge_header_rules(const HeaderRules& outer, const HeaderRules& inner) {
    HeaderRules result = outer;
    for (const std::string& name : inner.remove) {
        drop(result.set, name);
        drop(result.add, name);
        if (std::find(result.remove.begin(), result.remove.end(), name) == result.remove.end())
            result.remove.push_back(name);
    }
    for (const auto& [name, value] : inner.set) {
        const std::string lower = lower_case(name);
        drop(result.add, lower);
        const auto same = std::find_if(result.set.begin(), result.set.end(),
                                       [&](const auto& field) { return covers(lower, field.first); });
        if (same == result.set.end()) {
            result.set.emplace_back(name, value);
        } else {
            *same = {name, value};
        }
    }
    result.add.insert(result.add.end(), inner.add.begin(), inner.add.end());
    return result;
}

}  // namespace baton::config
