#include "config/quantity.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

namespace baton::config {
namespace {

struct Unit {
    std::string_view name;
    std::uint64_t factor;
};

// From the largest: combined durations fall.
constexpr std::array duration_units{
    Unit{"d", 86'400'000}, Unit{"h", 3'600'000}, Unit{"m", 60'000}, Unit{"s", 1'000}, Unit{"ms", 1},
};
constexpr std::array size_units{
    Unit{"TiB", 1ULL << 40},
    Unit{"GiB", 1ULL << 30},
    Unit{"MiB", 1ULL << 20},
    Unit{"KiB", 1ULL << 10},
    Unit{"TB", 1'000'000'000'000},
    Unit{"GB", 1'000'000'000},
    Unit{"MB", 1'000'000},
    Unit{"kB", 1'000},
    Unit{"KB", 1'000},
    Unit{"B", 1},
};

// A century: everything above is a slip, and sums of deadlines stay far from overflow.
constexpr std::uint64_t longest_duration = 36'525ULL * 86'400'000;
constexpr std::uint64_t largest_size = 1ULL << 60;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

tl::unexpected<QuantityMistake> mistake(std::string_view code, std::string message, std::string help = {}) {
    return tl::unexpected(QuantityMistake{code, std::move(message), std::move(help)});
}

/// A decimal number with at most three digits behind the point, in thousandths.
struct Number {
    std::uint64_t thousandths = 0;
    std::size_t length = 0;  // characters read, 0 = no number
    bool too_large = false;
};

Number read_number(std::string_view text) {
    Number number;
    std::uint64_t whole = 0;
    std::size_t i = 0;
    for (; i < text.size() && is_digit(text[i]); ++i) {
        whole = whole * 10 + static_cast<std::uint64_t>(text[i] - '0');
        if (whole > largest_size) number.too_large = true;
        if (number.too_large) whole = 0;
    }
    if (i == 0) return number;
    std::uint64_t fraction = 0;
    if (i + 1 < text.size() && text[i] == '.' && is_digit(text[i + 1])) {
        std::uint64_t scale = 100;
        for (++i; i < text.size() && is_digit(text[i]); ++i, scale /= 10)
            fraction += scale * static_cast<std::uint64_t>(text[i] - '0');
    }
    if (whole > std::numeric_limits<std::uint64_t>::max() / 1000 - 1) number.too_large = true;
    number.thousandths = number.too_large ? 0 : whole * 1000 + fraction;
    number.length = i;
    return number;
}

std::string_view word_at_front(std::string_view text) {
    std::size_t length = 0;
    while (length < text.size() && !is_digit(text[length])) ++length;
    return text.substr(0, length);
}

template <std::size_t N>
const Unit* find_unit(const std::array<Unit, N>& units, std::string_view name) {
    const auto found =
        std::find_if(units.begin(), units.end(), [&](const Unit& u) { return u.name == name; });
    return found == units.end() ? nullptr : &*found;
}

/// `number * factor`, or nothing when it is no whole number or does not fit.
std::optional<std::uint64_t> scaled(const Number& number, std::uint64_t factor, std::uint64_t most) {
    if (number.too_large || number.thousandths / 1000 > most / factor) return std::nullopt;
    const std::uint64_t whole = number.thousandths / 1000 * factor;
    const std::uint64_t rest = number.thousandths % 1000 * factor;  // at most 999 * 2^40
    if (whole > most) return std::nullopt;
    return whole + rest / 1000;
}

std::string quoted(std::string_view text) {
    constexpr std::size_t longest = 60;
    return "`" + std::string(text.substr(0, longest)) + (text.size() > longest ? "…" : "") + "`";
}

/// One number with its unit, such as the `1h` of `1h30m`.
struct DurationPart {
    const Unit* unit = nullptr;
    std::uint64_t milliseconds = 0;  // at most `longest_duration`
    std::size_t length = 0;          // characters read
};

/// Reads the part at the front of `text`, which is the rest of `written`.
Quantity<DurationPart> read_duration_part(std::string_view text, std::string_view written) {
    const Number number = read_number(text);
    if (number.length == 0)
        return mistake("E-VALUE", quoted(written) + " is not a duration",
                       "such as `30s`, `250ms` or `1h30m`");
    const std::string digits{text.substr(0, number.length)};
    const std::string_view name = word_at_front(text.substr(number.length));
    if (name.empty())
        return mistake(
            "E-UNIT", "duration needs a unit",
            written == digits ? "write `" + digits + "s` or `" + digits + "ms`" : "such as `1h30m`");
    if (name.front() == ' ') return mistake("E-UNIT", "a duration has no space before its unit");
    const Unit* unit = find_unit(duration_units, name);
    if (unit == nullptr)
        return mistake("E-UNIT", quoted(name) + " is not a unit of time", "the units are ms, s, m, h and d");
    if (unit->factor == 1 && number.thousandths % 1000 != 0)
        return mistake("E-RANGE", "durations are whole milliseconds");
    const auto milliseconds = scaled(number, unit->factor, longest_duration);
    if (!milliseconds) return mistake("E-RANGE", quoted(written) + " is too long", "at most 36525d");
    return DurationPart{unit, *milliseconds, number.length + name.size()};
}

}  // namespace

Quantity<std::chrono::milliseconds> parse_duration(std::string_view text) {
    if (text == "0") return std::chrono::milliseconds{0};
    const std::string_view written = text;
    std::uint64_t total = 0;
    const Unit* last = nullptr;
    do {
        const auto part = read_duration_part(text, written);
        if (!part) return tl::unexpected(part.error());
        if (last != nullptr && part->unit <= last)
            return mistake("E-VALUE", "the units of a duration must fall", "such as `1h30m`");
        last = part->unit;
        total += part->milliseconds;
        if (total > longest_duration)
            return mistake("E-RANGE", quoted(written) + " is too long", "at most 36525d");
        text.remove_prefix(part->length);
    } while (!text.empty());
    return std::chrono::milliseconds{total};
}

Quantity<std::uint64_t> parse_size(std::string_view text) {
    if (text == "0") return std::uint64_t{0};
    const Number number = read_number(text);
    if (number.length == 0)
        return mistake("E-VALUE", quoted(text) + " is not a size", "such as `16KiB` or `10MiB`");
    const std::string_view digits = text.substr(0, number.length);
    const std::string_view name = text.substr(number.length);
    if (name.empty())
        return mistake("E-UNIT", "size needs a unit",
                       "write `" + std::string(digits) + "KiB` or `" + std::string(digits) + "B`");
    const Unit* unit = find_unit(size_units, name);
    if (name.size() == 1 && std::string_view("kKmMgGtT").find(name) != std::string_view::npos) {
        const char upper = name.front() >= 'a' ? static_cast<char>(name.front() - 'a' + 'A') : name.front();
        return mistake("E-UNIT", quoted(name) + " is not a unit of size",
                       "write `" + std::string(digits) + upper + "iB`");
    }
    if (unit == nullptr)
        return mistake("E-UNIT", quoted(name) + " is not a unit of size",
                       "the units are B, KiB, MiB, GiB, TiB, kB, MB, GB");
    const auto bytes = scaled(number, unit->factor, largest_size);
    if (!bytes) return mistake("E-RANGE", quoted(text) + " is too large");
    return *bytes;
}

Quantity<double> parse_percent(std::string_view text) {
    const Number number = read_number(text);
    if (number.length == 0) return mistake("E-VALUE", quoted(text) + " is not a share", "such as `50%`");
    const std::string_view name = text.substr(number.length);
    if (name.empty()) return mistake("E-UNIT", "share needs a unit", "write `" + std::string(text) + "%`");
    if (name != "%") return mistake("E-UNIT", quoted(name) + " is not `%`", "such as `50%`");
    if (number.too_large || number.thousandths > 100'000)
        return mistake("E-RANGE", quoted(text) + " is more than 100%");
    return static_cast<double>(number.thousandths) / 100'000.0;
}

Quantity<std::int64_t> parse_integer(std::string_view text) {
    const std::string_view digits = text.substr(text.starts_with('-') ? 1 : 0);
    if (digits.empty() || !std::all_of(digits.begin(), digits.end(), is_digit))
        return mistake("E-TYPE", quoted(text) + " is not a whole number");
    if (digits.size() > 1 && digits.front() == '0') {
        const std::size_t first = std::min(digits.find_first_not_of('0'), digits.size() - 1);
        return mistake("E-VALUE", quoted(text) + " is ambiguous: octal or decimal?",
                       "write `" + std::string(digits.substr(first)) + "`");
    }
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size())
        return mistake("E-RANGE", quoted(text) + " is out of range");
    return value;
}

std::string duration_text(std::chrono::milliseconds duration) {
    auto rest = static_cast<std::uint64_t>(std::max<std::int64_t>(duration.count(), 0));
    if (rest == 0) return "0";
    constexpr std::uint64_t most_of_a_unit = 999;  // beyond that, several units read better
    for (const Unit& unit : duration_units) {
        if (rest % unit.factor == 0 && rest / unit.factor <= most_of_a_unit)
            return std::to_string(rest / unit.factor) + std::string(unit.name);
    }
    std::string text;
    for (const Unit& unit : duration_units) {
        if (rest < unit.factor) continue;
        text += std::to_string(rest / unit.factor) + std::string(unit.name);
        rest %= unit.factor;
    }
    return text;
}

std::string size_text(std::uint64_t bytes) {
    if (bytes == 0) return "0";
    for (const Unit& unit : size_units) {
        const bool binary = unit.name.size() == 3;
        if (binary && bytes % unit.factor == 0)
            return std::to_string(bytes / unit.factor) + std::string(unit.name);
    }
    return std::to_string(bytes) + "B";
}

std::string percent_text(double share) {
    const auto thousandths = static_cast<std::uint64_t>(std::llround(share * 100'000.0));
    std::string text = std::to_string(thousandths / 1000);
    if (thousandths % 1000 != 0) {
        std::string fraction = std::to_string(1000 + thousandths % 1000).substr(1);
        while (fraction.back() == '0') fraction.pop_back();
        text += "." + fraction;
    }
    return text + "%";
}

}  // namespace baton::config
