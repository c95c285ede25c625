/// Short forms for the rows of the table of keys. Only the files of the table include this.
#pragma once

#include "config/bind_value.h"
#include "config/key.h"

namespace baton::config::rows {

/// A key with a value of `type`; `default_text` is empty for unset.
constexpr Key value(std::string_view name, Type type, Bind bind, std::string_view default_text,
                    std::string_view doc) {
    Key key;
    key.name = name;
    key.type = type;
    key.bind = bind;
    key.default_text = default_text;
    key.doc = doc;
    return key;
}

constexpr Key boolean(std::string_view name, Bind bind, std::string_view default_text, std::string_view doc) {
    return value(name, Type::boolean, bind, default_text, doc);
}

/// At most what 32 bits hold, unless bounds are given.
constexpr Key integer(std::string_view name, Bind bind, std::string_view default_text, std::string_view doc) {
    return value(name, Type::integer, bind, default_text, doc).between(0, INT32_MAX);
}

/// At least 1 ms, unless bounds are given.
constexpr Key duration(std::string_view name, Bind bind, std::string_view default_text,
                       std::string_view doc) {
    return value(name, Type::duration, bind, default_text, doc).between(1, INT64_MAX);
}

constexpr Key size(std::string_view name, Bind bind, std::string_view default_text, std::string_view doc) {
    return value(name, Type::size, bind, default_text, doc);
}

constexpr Key percent(std::string_view name, Bind bind, std::string_view default_text, std::string_view doc) {
    return value(name, Type::percent, bind, default_text, doc);
}

constexpr Key text(std::string_view name, Bind bind, std::string_view default_text, std::string_view doc) {
    return value(name, Type::text, bind, default_text, doc);
}

constexpr Key expression(std::string_view name, Bind bind, std::string_view default_text,
                         std::string_view doc) {
    return value(name, Type::expression, bind, default_text, doc);
}

/// `choices` in the order of the enumeration.
constexpr Key choice(std::string_view name, std::string_view choices, Bind bind,
                     std::string_view default_text, std::string_view doc) {
    Key key = value(name, Type::choice, bind, default_text, doc);
    key.choices = choices;
    return key;
}

constexpr Key block(std::string_view name, const Block& keys, Fill fill, Bind bind, std::string_view doc) {
    Key key = value(name, Type::block, bind, {}, doc);
    key.block = &keys;
    key.fill = fill;
    return key;
}

/// A key of the language that this version refuses.
constexpr Key not_yet(std::string_view name, std::string_view doc) {
    Key key = value(name, Type::text, nullptr, {}, doc);
    key.support = Support::not_yet;
    return key;
}

}  // namespace baton::config::rows
