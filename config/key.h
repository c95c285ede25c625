/// One row of the table of keys, from which the binder, the defaults, the suggestions, the JSON Schema, the
/// reference page and the dump are made.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string_view>

namespace baton::config {

class Binder;
struct Block;
struct Key;
struct Node;

/// What a single value is.
enum class Type : std::uint8_t {
    boolean,
    integer,
    duration,
    size,
    percent,
    text,
    expression,  ///< a text with `{variables}`
    choice,      ///< one of `Key::choices`
    cidr,
    pattern,  ///< RE2
    listen_address,
    endpoint_address,
    condition,  ///< value | ~regex | present | absent
    url_path,   ///< begins with `/`
    method,
    header_name,
    host_name,
    token,
    file_path,  ///< relative to the main file
    output,     ///< a stream by name, a file, syslog or journald
    file_mode,  ///< octal
    block,      ///< a mapping with the keys of `Key::block`
};

enum class Shape : std::uint8_t { one, list, list_or_one, map };

/// Where the defaults of a nested block come from.
enum class Fill : std::uint8_t {
    with_parent,  ///< the block always exists
    on_use,       ///< the block exists when it is written
    inherited,    ///< what is not written keeps the value of the surrounding level
};

/// Whether this version can do what the key asks for.
enum class Support : std::uint8_t { yes, not_yet };

enum class Presence : std::uint8_t { optional, required };

/// Reads `node` into its member of `object`, whose type the row knows.
using Bind = void (*)(Binder& binder, const Key& key, const Node& node, void* object);

struct Key {
    std::string_view name;
    Type type = Type::text;
    Shape shape = Shape::one;
    Bind bind = nullptr;
    std::string_view default_text = {};  ///< as one would write it; empty = unset
    std::string_view default_note = {};  ///< a default that is computed, in words
    std::string_view doc = {};
    std::string_view choices = {};  ///< `a|b|c`, in the order of the enumeration
    std::string_view word = {};     ///< `off` or `auto`, accepted beside the type
    std::int64_t minimum = 0;       ///< of numbers; of durations in milliseconds, of sizes in bytes
    std::int64_t maximum = std::numeric_limits<std::int64_t>::max();
    const Block* block = nullptr;
    Fill fill = Fill::on_use;
    std::string_view except = {};         ///< `a|b`: keys of the block that cannot be set here
    std::string_view except_reason = {};  ///< and why not
    Support support = Support::yes;
    Presence presence = Presence::optional;

    constexpr Key required() const {
        Key key = *this;
        key.presence = Presence::required;
        return key;
    }
    constexpr Key between(std::int64_t least, std::int64_t most) const {
        Key key = *this;
        key.minimum = least;
        key.maximum = most;
        return key;
    }
    /// Accepts `off` or `auto` as well; a bare `0` then means `off`.
    constexpr Key or_word(std::string_view accepted) const {
        Key key = *this;
        key.word = accepted;
        return key;
    }
    constexpr Key listed(Shape form = Shape::list) const {
        Key key = *this;
        key.shape = form;
        return key;
    }
    constexpr Key filled(Fill how) const {
        Key key = *this;
        key.fill = how;
        return key;
    }
    constexpr Key computed(std::string_view note) const {
        Key key = *this;
        key.default_note = note;
        return key;
    }
    constexpr Key without(std::string_view keys, std::string_view reason) const {
        Key key = *this;
        key.except = keys;
        key.except_reason = reason;
        return key;
    }
};

/// A mapping with a fixed set of keys.
struct Block {
    std::string_view name;  ///< in messages and as a heading: `listeners[]`, `match`
    std::string_view noun;  ///< `listener`
    std::string_view doc;
    std::span<const Key> keys;
    std::string_view scalar_key = {};  ///< a bare scalar is short for this key
    std::string_view list_key = {};    ///< a bare list is short for this key
    /// Checks that concern several keys of the block, after all of them are bound.
    void (*check)(Binder& binder, const Node& node, void* object) = nullptr;

    const Key* find(std::string_view key) const;
};

/// The words of `a|b|c`.
template <class Visitor>
constexpr void for_each_word(std::string_view words, Visitor&& visit) {
    while (!words.empty()) {
        const std::size_t bar = words.find('|');
        visit(words.substr(0, bar));
        words = bar == std::string_view::npos ? std::string_view{} : words.substr(bar + 1);
    }
}
constexpr bool has_word(std::string_view words, std::string_view word) {
    bool found = false;
    for_each_word(words, [&](std::string_view each) { found = found || each == word; });
    return found;
}

}  // namespace baton::config
