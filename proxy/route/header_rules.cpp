#include "proxy/route/header_rules.h"

#include <algorithm>

namespace baton::route {

namespace {

using http::FieldId;

constexpr std::uint64_t bit(FieldId id) {
    return std::uint64_t{1} << static_cast<unsigned>(id);
}

constexpr std::uint64_t untouchable = bit(FieldId::connection) | bit(FieldId::content_length) |
                                      bit(FieldId::keep_alive) | bit(FieldId::te) | bit(FieldId::trailer) |
                                      bit(FieldId::transfer_encoding) | bit(FieldId::upgrade);

bool is_untouchable(FieldId id) {
    return (untouchable & bit(id)) != 0;
}

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

std::string lower_case(std::string_view text) {
    std::string result{text};
    std::ranges::transform(result, result.begin(), lower);
    return result;
}

// `pattern` is in lower case and as long as what it is compared with.
bool matches(std::string_view sent, std::string_view pattern) {
    return std::equal(pattern.begin(), pattern.end(), sent.begin(),
                      [](char a, char b) { return a == lower(b); });
}

}  // namespace

HeaderRules::HeaderRules(const config::HeaderRules& rules) {
    for (const std::string& name : rules.remove) {
        if (name.ends_with('*')) {
            remove_prefix(lower_case(std::string_view(name).substr(0, name.size() - 1)));
        } else if (http::field_id(name) != FieldId::host) {
            remove(name);
        }
    }
    for (const auto& [name, value] : rules.set) {
        if (is_untouchable(http::field_id(name))) continue;
        remove(name);
        lines_.push_back({name, &value});
    }
    for (const auto& [name, value] : rules.add) {
        const FieldId id = http::field_id(name);
        if (!is_untouchable(id) && id != FieldId::host) lines_.push_back({name, &value});
    }
}

void HeaderRules::remove(std::string_view name) {
    const FieldId id = http::field_id(name);
    if (is_untouchable(id)) return;
    if (id != FieldId::other) {
        ids_ |= bit(id);
        return;
    }
    names_.push_back(lower_case(name));
    lengths_ |= std::uint64_t{1} << (name.size() & 63);
}

void HeaderRules::remove_prefix(std::string prefix) {
    for (unsigned i = 1; i < static_cast<unsigned>(FieldId::count_); ++i) {
        const auto id = static_cast<FieldId>(i);
        if (id == FieldId::host || is_untouchable(id)) continue;
        if (lower_case(http::field_name(id)).starts_with(prefix)) ids_ |= bit(id);
    }
    prefixes_.push_back(std::move(prefix));
}

bool HeaderRules::removes_other(std::string_view name) const {
    if ((lengths_ >> (name.size() & 63) & 1) != 0) {
        for (const std::string& removed : names_) {
            if (removed.size() == name.size() && matches(name, removed)) return true;
        }
    }
    for (const std::string& prefix : prefixes_) {
        if (name.size() >= prefix.size() && matches(name, prefix)) return true;
    }
    return false;
}

void HeaderRules::write(http::HeadWriter& writer, const TemplateValues& values, std::string& scratch) const {
    for (const Line& line : lines_) {
        const std::string_view value = evaluated(*line.value, values, Destination::field_value, scratch);
        if (!value.empty()) writer.field(line.name, value);
    }
}

}  // namespace baton::route
