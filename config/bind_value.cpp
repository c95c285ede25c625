#include "config/bind_value.h"

#include "config/address_text.h"
#include "config/did_you_mean.h"
#include "config/field_name.h"
#include "config/quantity.h"
#include "config/read_file.h"

#include <algorithm>

namespace baton::config {
namespace {

std::vector<std::string_view> words_of(std::string_view words) {
    std::vector<std::string_view> result;
    for_each_word(words, [&](std::string_view word) { result.push_back(word); });
    return result;
}

std::string listed(const std::vector<std::string_view>& words) {
    std::string text;
    for (const std::string_view word : words) text += (text.empty() ? "" : ", ") + std::string(word);
    return text;
}

template <class T>
bool accept(Binder& binder, const Node& node, const Quantity<T>& quantity) {
    if (quantity) return true;
    const QuantityMistake& mistake = quantity.error();
    binder.error(mistake.code, node, node.secret ? "the secret has not the right form" : mistake.message,
                 mistake.help);
    return false;
}

bool accept_range(Binder& binder, const Key& key, const Node& node, std::int64_t value,
                  std::string (*text)(std::int64_t)) {
    if (value >= key.minimum && value <= key.maximum) return true;
    const bool bounded = key.maximum != std::numeric_limits<std::int64_t>::max();
    const std::string range =
        bounded ? "from " + text(key.minimum) + " to " + text(key.maximum) : "at least " + text(key.minimum);
    binder.error("E-RANGE", node, quoted_text(node) + " is out of range", range);
    return false;
}

std::string integer_range_text(std::int64_t value) {
    return std::to_string(value);
}
std::string duration_range_text(std::int64_t value) {
    return duration_text(Duration{value});
}
std::string size_range_text(std::int64_t value) {
    return size_text(static_cast<std::uint64_t>(value));
}

/// Who writes a truth value where `on` and `off` are words means one of these.
std::string help_for_choice(std::string_view text, const std::vector<std::string_view>& words) {
    const bool is_truth = text == "true" || text == "false";
    const std::string_view word = text == "true" ? "on" : "off";
    if (is_truth && std::find(words.begin(), words.end(), word) != words.end())
        return "write `" + std::string(word) + "`";
    return did_you_mean(text, words);
}

/// Whether the value is the word that switches the key off or leaves it to Baton.
bool is_word(const Key& key, const Node& node) {
    return !key.word.empty() && (node.text == key.word || (key.word == "off" && node.text == "0"));
}

std::optional<std::int64_t> read_file_mode(Binder& binder, const Node& node) {
    const std::string& text = node.text;
    const bool octal = !text.empty() && text.size() <= 5 &&
                       std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '7'; });
    std::int64_t mode = 0;
    for (const char c : octal ? text : std::string{}) mode = mode * 8 + (c - '0');
    if (octal && mode <= 0777) return mode;
    binder.error("E-VALUE", node, quoted_text(node) + " is not a file mode", "octal, such as `0660`");
    return std::nullopt;
}

void check_method(Binder& binder, const Node& node) {
    if (!is_token(node.text)) {
        binder.error("E-VALUE", node, quoted_text(node) + " is not a method");
        return;
    }
    std::string upper = node.text;
    for (char& c : upper) {
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    }
    constexpr std::string_view usual = "GET|HEAD|POST|PUT|DELETE|OPTIONS|PATCH|TRACE|CONNECT";
    if (upper != node.text && has_word(usual, upper))
        binder.error("E-VALUE", node, "methods are written in capitals (RFC 9110 §9.1)",
                     "did you mean `" + upper + "`?");
}

void check_header_name(Binder& binder, const Node& node) {
    std::string_view name = node.text;
    if (name.ends_with('*')) name.remove_suffix(1);
    if (!is_token(name)) binder.error("E-VALUE", node, quoted_text(node) + " is not a field name");
    if (is_framing_field(lower_case(name)))
        binder.error("E-VALUE", node, quoted_text(node) + " belongs to the framing of messages",
                     "Baton writes it itself");
}

/// A name is letters, digits, `-`, `_` and dots, with `*` alone or as the first label.
void check_host_name(Binder& binder, const Node& node) {
    std::string_view name = node.text;
    if (name == "*") return;
    if (name.starts_with("*.")) name.remove_prefix(2);
    const bool fits = !name.empty() && name.size() <= 253 && name.front() != '.' && name.back() != '.' &&
                      name.find("..") == std::string_view::npos &&
                      std::all_of(name.begin(), name.end(), [](char c) {
                          return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                                 c == '-' || c == '_' || c == '.';
                      });
    const bool is_ipv6 = name.size() > 4 && name.front() == '[' && name.back() == ']';
    if (fits || is_ipv6) return;
    const bool has_port = name.find(':') != std::string_view::npos;
    binder.error("E-VALUE", node, quoted_text(node) + " is not a host name",
                 has_port ? "names have no port" : "`example.com`, `*.example.com` or `*`");
}

/// Where in the file a part of a scalar stands; the whole scalar when it is not written there as it is.
Place part_of(const Node& node, std::size_t offset, std::size_t length) {
    Place place = node.place;
    if (place.file == nullptr) return place;
    const std::size_t begin = static_cast<std::size_t>(place.column - 1) + (node.quoted ? 1U : 0U) + offset;
    const std::string_view line = place.file->line(place.line);
    const std::string_view part =
        std::string_view(node.escaped_text ? *node.escaped_text : node.text).substr(offset, length);
    if (begin > line.size() || !line.substr(begin).starts_with(part)) return place;
    place.column = static_cast<int>(begin) + 1;
    place.end_column = place.column + static_cast<int>(length);
    return place;
}

}  // namespace

bool expect_scalar(Binder& binder, const Key& key, const Node& node) {
    if (node.kind == Node::Kind::scalar) return true;
    const std::string name = "`" + std::string(key.name) + "`";
    switch (node.kind) {
        case Node::Kind::null: binder.error("E-TYPE", node, name + " has no value"); break;
        case Node::Kind::list: binder.error("E-TYPE", node, name + " is one value, not a list"); break;
        case Node::Kind::map: {
            const bool is_variable = key.type == Type::expression && node.flow && node.entries.size() == 1 &&
                                     node.entries.front().value->kind == Node::Kind::null;
            if (is_variable) {
                const std::string variable = "{" + node.entries.front().key + "}";
                binder.error("E-TYPE", node, "`" + variable + "` without quotes is a YAML map",
                             "write `\"" + variable + "\"`");
            } else {
                binder.error("E-TYPE", node, name + " is one value, not a block of keys");
            }
            break;
        }
        case Node::Kind::scalar: break;
    }
    return false;
}

std::vector<const Node*> read_items(Binder& binder, const Key& key, const Node& node) {
    std::vector<const Node*> items;
    switch (node.kind) {
        case Node::Kind::list:
            for (const NodePtr& item : node.items) items.push_back(item.get());
            break;
        case Node::Kind::scalar:
            if (key.shape == Shape::list_or_one) {
                items.push_back(&node);
            } else {
                binder.error("E-TYPE", node, "`" + std::string(key.name) + "` is a list",
                             "write `[" + (node.secret ? "…" : node.text.substr(0, 60)) + "]`");
            }
            break;
        case Node::Kind::map:
            binder.error("E-TYPE", node, "`" + std::string(key.name) + "` is a list, not a block of keys");
            break;
        case Node::Kind::null:
            binder.error("E-TYPE", node, "`" + std::string(key.name) + "` has no value",
                         "an empty list is `[]`");
            break;
    }
    return items;
}

std::optional<std::size_t> read_choice(Binder& binder, const Key& key, const Node& node) {
    if (!expect_scalar(binder, key, node)) return std::nullopt;
    const auto words = words_of(key.choices);
    const auto found = std::find(words.begin(), words.end(), node.text);
    if (found != words.end()) return static_cast<std::size_t>(found - words.begin());
    binder.error("E-VALUE", node, quoted_text(node) + " is not one of: " + listed(words),
                 node.secret || parse_integer(node.text) ? "" : help_for_choice(node.text, words));
    return std::nullopt;
}

std::optional<std::int64_t> read_integer(Binder& binder, const Key& key, const Node& node) {
    if (key.type == Type::choice && !read_choice(binder, key, node)) return std::nullopt;
    if (!expect_scalar(binder, key, node)) return std::nullopt;
    if (key.type == Type::file_mode) return read_file_mode(binder, node);
    if (is_word(key, node)) return 0;
    const auto value = parse_integer(node.text);
    if (!accept(binder, node, value)) return std::nullopt;
    if (!accept_range(binder, key, node, *value, integer_range_text)) return std::nullopt;
    return *value;
}

void bind_value(Binder& binder, const Key& key, const Node& node, bool& out) {
    if (!expect_scalar(binder, key, node)) return;
    if (node.text == "true" || node.text == "false") {
        out = node.text == "true";
        return;
    }
    const std::string lower = lower_case(node.text);
    const bool yes = has_word("true|yes|y|on|1", lower);
    const bool no = has_word("false|no|n|off|0", lower);
    binder.error("E-BOOL", node, quoted_text(node) + " is not `true` or `false`",
                 yes ? "write `true`" : (no ? "write `false`" : ""));
}

void bind_value(Binder& binder, const Key& key, const Node& node, Duration& out) {
    if (!expect_scalar(binder, key, node)) return;
    if (is_word(key, node)) {
        out = Duration::zero();
        return;
    }
    const auto value = parse_duration(node.text);
    if (!accept(binder, node, value)) return;
    if (value->count() == 0 && key.word == "off") {
        out = Duration::zero();
        return;
    }
    if (accept_range(binder, key, node, value->count(), duration_range_text)) out = *value;
}

void bind_value(Binder& binder, const Key& key, const Node& node, std::uint64_t& out) {
    if (!expect_scalar(binder, key, node)) return;
    const auto value = is_word(key, node) ? Quantity<std::uint64_t>{0} : parse_size(node.text);
    if (!accept(binder, node, value)) return;
    if (!key.word.empty() && (*value == 0)) {
        if (key.word == "off") out = unlimited;
        if (key.word == "auto" && is_word(key, node)) out = 0;
        if (key.word == "off" || is_word(key, node)) return;
    }
    if (accept_range(binder, key, node, static_cast<std::int64_t>(*value), size_range_text)) out = *value;
}

void bind_value(Binder& binder, const Key& key, const Node& node, double& out) {
    if (!expect_scalar(binder, key, node)) return;
    const auto value = parse_percent(node.text);
    if (accept(binder, node, value)) out = *value;
}

void bind_value(Binder& binder, const Key& key, const Node& node, std::string& out) {
    if (!expect_scalar(binder, key, node)) return;
    out = node.text;
    switch (key.type) {
        case Type::method: check_method(binder, node); break;
        case Type::header_name:
            check_header_name(binder, node);
            out = lower_case(node.text);
            break;
        case Type::host_name:
            check_host_name(binder, node);
            out = lower_case(node.text);
            break;
        case Type::token:
            if (!is_token(node.text))
                binder.error("E-VALUE", node, quoted_text(node) + " is not a token (RFC 9110 §5.6.2)");
            break;
        case Type::url_path:
            if (!node.text.starts_with('/'))
                binder.error("E-VALUE", node, quoted_text(node) + " is not a path", "paths begin with `/`");
            break;
        case Type::file_path:
            if (node.text.empty()) binder.error("E-VALUE", node, "`" + std::string(key.name) + "` is empty");
            if (!binder.is_defaulting()) out = path_below(binder.directory(), node.text);
            break;
        case Type::choice: read_choice(binder, key, node); break;
        case Type::output:
        case Type::text:
            if (!is_field_text(node.text))
                binder.error("E-VALUE", node, "`" + std::string(key.name) + "` holds a control character");
            break;
        case Type::boolean:
        case Type::integer:
        case Type::duration:
        case Type::size:
        case Type::percent:
        case Type::expression:
        case Type::cidr:
        case Type::pattern:
        case Type::listen_address:
        case Type::endpoint_address:
        case Type::condition:
        case Type::file_mode:
        case Type::block: break;
    }
}

void bind_value(Binder& binder, const Key& key, const Node& node, Template& out) {
    if (!expect_scalar(binder, key, node)) return;
    auto parsed = Template::parse(node.escaped_text ? *node.escaped_text : node.text);
    if (parsed) {
        out = std::move(*parsed);
        return;
    }
    const Template::Mistake& mistake = parsed.error();
    if (node.secret) {
        binder.error("E-VALUE", node, "the text around the secret has a mistake at a `{`", mistake.help);
        return;
    }
    binder.error("E-VALUE", part_of(node, mistake.offset, mistake.length), mistake.message, mistake.help);
}

void bind_value(Binder& binder, const Key& key, const Node& node, Cidr& out) {
    if (!expect_scalar(binder, key, node)) return;
    if (const auto block = Cidr::parse(node.text)) {
        out = *block;
        return;
    }
    binder.error("E-VALUE", node, quoted_text(node) + " is not a block of addresses",
                 "such as `10.0.0.0/8` or `::1`, without bits behind the prefix");
}

void bind_value(Binder& binder, const Key& key, const Node& node, Regex& out) {
    if (!expect_scalar(binder, key, node)) return;
    std::string reason;
    out = Regex::compile(node.text, reason);
    if (out.empty())
        binder.error("E-REGEX", node, "the pattern is not accepted: " + (node.secret ? "" : reason));
}

void bind_value(Binder& binder, const Key& key, const Node& node, ListenAddress& out) {
    if (!expect_scalar(binder, key, node)) return;
    auto address = parse_listen_address(node.text);
    if (!address) {
        report_address(binder, node, address.error());
        return;
    }
    out = std::move(*address);
    out.origin = origin_of(node);
}

void bind_value(Binder& binder, const Key& key, const Node& node, FilePath& out) {
    bind_value(binder, key, node, out.path);
    out.origin = origin_of(node);
}

void bind_value(Binder& binder, const Key&, const Node& node, Held& out) {
    out.node = &node;
    out.path = binder.path();
}

void bind_endpoint_address(Binder& binder, const Key& key, const Node& node, Endpoint& out) {
    if (!expect_scalar(binder, key, node)) return;
    auto address = parse_endpoint_address(node.text);
    if (!address) {
        report_address(binder, node, address.error());
        return;
    }
    out.kind = address->kind;
    out.host = std::move(address->host);
    out.port = address->port;
    out.path = std::move(address->path);
    out.text = std::move(address->text);
    out.origin = origin_of(node);
}

void report_address(Binder& binder, const Node& node, const AddressMistake& mistake) {
    if (node.secret) {
        binder.error(mistake.code, node, "the secret is not an address");
    } else {
        binder.error(mistake.code, node, mistake.message, mistake.help);
    }
}

Origin origin_of(const Node& node) {
    if (node.place.file == nullptr) return {};
    return Origin{node.place.file->name(), node.place.line, node.place.column};
}

}  // namespace baton::config
