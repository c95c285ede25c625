/// Reads one JSON value into a tree (RFC 8259): for commands, which ask a running instance and look at the
/// answer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace baton {

/// What is not there, or is something else than asked for, reads as nothing: 0, an empty text, no items. A
/// reader of an answer by another version must do with what there is.
class JsonValue {
public:
    /// Nothing when the text is not exactly one value, or is nested more than 32 deep.
    static std::optional<JsonValue> parse(std::string_view text);

    const JsonValue& operator[](std::string_view key) const;
    bool has(std::string_view key) const { return (*this)[key].kind_ != Kind::nothing; }
    std::string_view text() const { return text_; }
    double number() const { return number_; }
    /// 0 for what is negative.
    std::uint64_t count() const { return number_ > 0 ? static_cast<std::uint64_t>(number_) : 0; }
    const std::vector<JsonValue>& items() const { return items_; }

private:
    friend class JsonParser;
    enum class Kind : std::uint8_t { nothing, null, boolean, number, text, array, object };

    Kind kind_ = Kind::nothing;
    double number_ = 0;  // 1 of true
    std::string text_;
    std::vector<JsonValue> items_;  // of an array, or the values of an object
    std::vector<std::string> keys_;
};

}  // namespace baton
