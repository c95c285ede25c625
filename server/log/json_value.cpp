#include "server/log/json_value.h"

#include <algorithm>
#include <charconv>

namespace baton {

class JsonParser {
public:
    explicit JsonParser(std::string_view text) : rest_(text) {}

    std::optional<JsonValue> parse() {
        JsonValue value;
        if (!read_value(value, 0)) return std::nullopt;
        skip_space();
        return rest_.empty() ? std::optional(std::move(value)) : std::nullopt;
    }

private:
    using Kind = JsonValue::Kind;
    static constexpr int deepest = 32;

    void skip_space() { rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\r\n"), rest_.size())); }
    bool take(char c) {
        if (rest_.empty() || rest_.front() != c) return false;
        rest_.remove_prefix(1);
        return true;
    }
    bool take_word(std::string_view word, JsonValue& value, Kind kind, double number) {
        if (!rest_.starts_with(word)) return false;
        rest_.remove_prefix(word.size());
        value.kind_ = kind;
        value.number_ = number;
        return true;
    }

    bool read_value(JsonValue& value, int depth) {
        skip_space();
        if (rest_.empty() || depth > deepest) return false;
        switch (rest_.front()) {
            case '{': return read_members(value, depth);
            case '[': return read_items(value, depth);
            case '"': value.kind_ = Kind::text; return read_text(value.text_);
            case 't': return take_word("true", value, Kind::boolean, 1);
            case 'f': return take_word("false", value, Kind::boolean, 0);
            case 'n': return take_word("null", value, Kind::null, 0);
            default: value.kind_ = Kind::number; return read_number(value.number_);
        }
    }

    bool read_members(JsonValue& value, int depth) {
        value.kind_ = Kind::object;
        take('{');
        skip_space();
        if (take('}')) return true;
        do {
            skip_space();
            value.keys_.emplace_back();
            if (!read_text(value.keys_.back())) return false;
            skip_space();
            value.items_.emplace_back();
            if (!take(':') || !read_value(value.items_.back(), depth + 1)) return false;
            skip_space();
        } while (take(','));
        return take('}');
    }

    bool read_items(JsonValue& value, int depth) {
        value.kind_ = Kind::array;
        take('[');
        skip_space();
        if (take(']')) return true;
        do {
            value.items_.emplace_back();
            if (!read_value(value.items_.back(), depth + 1)) return false;
            skip_space();
        } while (take(','));
        return take(']');
    }

    bool read_text(std::string& text) {
        if (!take('"')) return false;
        for (;;) {
            const std::size_t plain = std::min(rest_.find_first_of("\"\\"), rest_.size());
            text.append(rest_.substr(0, plain));
            rest_.remove_prefix(plain);
            if (rest_.empty()) return false;
            if (take('"')) return true;
            if (!read_escape(text)) return false;
        }
    }

    bool read_escape(std::string& text) {
        constexpr std::string_view letters = "\"\\/bfnrt";
        constexpr std::string_view meanings = "\"\\/\b\f\n\r\t";
        take('\\');
        if (rest_.empty()) return false;
        if (take('u')) return read_code_point(text);
        const std::size_t which = letters.find(rest_.front());
        if (which == std::string_view::npos) return false;
        text += meanings[which];
        rest_.remove_prefix(1);
        return true;
    }

    /// Of the basic plane; one half of a surrogate pair becomes a question mark.
    bool read_code_point(std::string& text) {
        unsigned point = 0;
        if (rest_.size() < 4 ||
            std::from_chars(rest_.data(), rest_.data() + 4, point, 16).ptr != rest_.data() + 4)
            return false;
        rest_.remove_prefix(4);
        const auto tail = [](unsigned bits) { return static_cast<char>(0x80 | (bits & 0x3F)); };
        if (point < 0x80) {
            text += static_cast<char>(point);
        } else if (point < 0x800) {
            text += {static_cast<char>(0xC0 | (point >> 6)), tail(point)};
        } else if (point >= 0xD800 && point < 0xE000) {
            text += '?';
        } else {
            text += {static_cast<char>(0xE0 | (point >> 12)), tail(point >> 6), tail(point)};
        }
        return true;
    }

    bool read_number(double& number) {
        const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), number);
        if (error != std::errc{}) return false;
        rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
        return true;
    }

    std::string_view rest_;
};

std::optional<JsonValue> JsonValue::parse(std::string_view text) {
    return JsonParser(text).parse();
}

const JsonValue& JsonValue::operator[](std::string_view key) const {
    static const JsonValue nothing;
    const auto found = std::find(keys_.begin(), keys_.end(), key);
    return found == keys_.end() ? nothing : items_[static_cast<std::size_t>(found - keys_.begin())];
}

}  // namespace baton
