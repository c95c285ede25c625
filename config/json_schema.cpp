#include "config/keys.h"
#include "config/reference.h"

#include <map>
#include <string>
#include <vector>

namespace baton::config {
namespace {

std::string json_text(std::string_view text) {
    std::string result = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') result += '\\';
        result += c;
    }
    return result + "\"";
}

/// A member of an object on one line, with the comma behind it.
std::string member(std::string_view name, const std::string& value) {
    return json_text(name) + ": " + value + ", ";
}

std::string any_of(const std::vector<std::string>& alternatives) {
    if (alternatives.size() == 1) return alternatives.front();
    std::string text;
    for (const std::string& each : alternatives) text += (text.empty() ? "" : ", ") + each;
    return "{\"anyOf\": [" + text + "]}";
}

bool is_number(std::string_view text) {
    return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

bool is_decimal(std::string_view text) {
    const std::size_t point = text.find('.');
    if (point == std::string_view::npos) return is_number(text);
    return is_number(text.substr(0, point)) && is_number(text.substr(point + 1));
}

/// Editors read `on` and `off` as truth values (YAML 1.1), `502` and `1.2` as numbers, so both forms are in
/// the list.
std::string enumeration(std::string_view words) {
    std::string text;
    const auto add = [&](const std::string& value) { text += (text.empty() ? "" : ", ") + value; };
    for_each_word(words, [&](std::string_view word) {
        add(json_text(word));
        if (word == "off") add("false");
        if (word == "on") add("true");
        if (is_decimal(word)) add(std::string(word));
    });
    return "{\"enum\": [" + text + "]}";
}

std::string pattern(std::string_view expression) {
    return "{\"type\": \"string\", \"pattern\": " + json_text(expression) + "}";
}

constexpr std::string_view substitution = "{\"$ref\": \"#/definitions/substitution\"}";

std::string integer_schema(const Key& key) {
    std::string text = "{\"type\": \"integer\", \"minimum\": " + std::to_string(key.minimum);
    if (key.maximum != INT64_MAX) text += ", \"maximum\": " + std::to_string(key.maximum);
    return text + "}";
}

/// What one scalar of the key may be.
std::string scalar_schema(const Key& key) {
    std::vector<std::string> alternatives;
    const bool zero =
        key.word == "off" || (key.minimum == 0 && (key.type == Type::duration || key.type == Type::size));
    switch (key.type) {
        case Type::boolean: alternatives.emplace_back("{\"type\": \"boolean\"}"); break;
        case Type::integer: alternatives.push_back(integer_schema(key)); break;
        case Type::duration: alternatives.push_back(pattern("^([0-9]+(\\.[0-9]+)?(ms|s|m|h|d))+$")); break;
        case Type::size: alternatives.push_back(pattern("^[0-9]+(\\.[0-9]+)?(B|[KMGT]iB|[kKMGT]B)$")); break;
        case Type::percent: alternatives.push_back(pattern("^[0-9]+(\\.[0-9]+)?%$")); break;
        case Type::choice: alternatives.push_back(enumeration(key.choices)); break;
        case Type::url_path: alternatives.push_back(pattern("^/")); break;
        case Type::file_mode: return "{\"type\": [\"string\", \"integer\"]}";
        case Type::endpoint_address:
        case Type::listen_address: return "{\"type\": \"string\"}";
        case Type::text:
        case Type::expression:
        case Type::cidr:
        case Type::pattern:
        case Type::condition:
        case Type::method:
        case Type::header_name:
        case Type::host_name:
        case Type::token:
        case Type::file_path:
        case Type::output: return "{\"type\": [\"string\", \"number\", \"boolean\"]}";
        case Type::block: return "{}";
    }
    if (!key.word.empty()) alternatives.push_back(enumeration(key.word));
    if (zero) alternatives.emplace_back("{\"enum\": [0, \"0\"]}");
    alternatives.emplace_back(substitution);
    return any_of(alternatives);
}

std::string default_value(const Key& key, std::string_view text) {
    const bool is_bare = key.type == Type::boolean || (key.type == Type::integer && is_number(text));
    return is_bare ? std::string(text) : json_text(text);
}

std::string default_schema(const Key& key) {
    if (key.default_text.empty()) return {};
    if (key.shape == Shape::one) return member("default", default_value(key, key.default_text));
    std::string items;
    for_each_word(key.default_text, [&](std::string_view word) {
        items += (items.empty() ? "" : ", ") + default_value(key, word);
    });
    return member("default", "[" + items + "]");
}

class Schema {
public:
    std::string write() {
        const std::string top = object(top_level, {}, 0);
        std::string text = "{\n  \"$schema\": \"http://json-schema.org/draft-07/schema#\",\n";
        text += "  \"title\": \"Baton configuration\",\n  \"allOf\": [" + top + "],\n  \"definitions\": {\n";
        text += "    \"substitution\": " + pattern("\\$\\{");
        for (const auto& [name, definition] : definitions_)
            text += ",\n    " + json_text(name) + ": " + definition;
        return text + "\n  }\n}\n";
    }

private:
    /// The schema of a block as an object, without the keys in `except`.
    std::string object(const Block& block, std::string_view except, std::size_t depth) {
        const std::string indent(6 + depth * 2, ' ');
        std::string properties;
        std::string required;
        for (const Key& key : block.keys) {
            if (key.support == Support::not_yet || has_word(except, key.name)) continue;
            if (key.presence == Presence::required)
                required += (required.empty() ? "" : ", ") + json_text(key.name);
            properties += (properties.empty() ? "\n" : ",\n") + indent + json_text(key.name) + ": " +
                          property(key, depth);
        }
        std::string text = "{\"type\": \"object\", " + member("description", json_text(block.doc));
        text += "\"additionalProperties\": false, ";
        if (&block == &top_level) text += "\"patternProperties\": {\"^x-\": {}}, ";
        if (!required.empty()) text += member("required", "[" + required + "]");
        return text + "\"properties\": {" + properties + "}}";
    }

    std::string property(const Key& key, std::size_t depth) {
        const std::string value = key.type == Type::block ? block_schema(key, depth) : scalar_schema(key);
        std::string form;
        switch (key.shape) {
            case Shape::one: form = value; break;
            case Shape::list: form = list_of(value); break;
            case Shape::list_or_one: form = any_of({one_of(key, value), list_of(value)}); break;
            case Shape::map: form = "{\"type\": \"object\", \"additionalProperties\": " + value + "}"; break;
        }
        return "{" + member("description", json_text(key.doc)) + default_schema(key) + "\"allOf\": [" + form +
               "]}";
    }

    static std::string list_of(const std::string& value) {
        return "{\"type\": \"array\", \"items\": " + value + "}";
    }

    /// A block that may be written as one scalar in place of a list of blocks, such as `to: name`.
    static std::string one_of(const Key& key, const std::string& value) {
        return key.type == Type::block ? "{\"type\": \"string\"}" : value;
    }

    std::string block_schema(const Key& key, std::size_t depth) {
        const Block& block = *key.block;
        std::vector<std::string> alternatives;
        alternatives.push_back(key.except.empty() ? reference_to(block)
                                                  : object(block, key.except, depth + 1));
        if (!block.scalar_key.empty()) alternatives.push_back(scalar_schema(*block.find(block.scalar_key)));
        if (!block.list_key.empty()) {
            const Key& list = *block.find(block.list_key);
            alternatives.push_back(
                list_of(list.type == Type::block ? block_schema(list, depth) : scalar_schema(list)));
        }
        return any_of(alternatives);
    }

    std::string reference_to(const Block& block) {
        std::string name;
        for (const char c : block.noun) {
            if (c != '`') name += c == ' ' ? '_' : c;
        }
        if (!definitions_.contains(name)) {
            definitions_.emplace(name, "");  // a block may hold itself, as `not` does
            definitions_[name] = object(block, {}, 0);
        }
        return "{\"$ref\": " + json_text("#/definitions/" + name) + "}";
    }

    std::map<std::string, std::string> definitions_;
};

}  // namespace

std::string json_schema() {
    return Schema().write();
}

}  // namespace baton::config
