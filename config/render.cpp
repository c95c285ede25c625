#include "config/render.h"

#include "config/keys.h"
#include "config/quantity.h"
#include "config/read_file.h"

#include <algorithm>

namespace baton::config {
namespace {

/// A text that every YAML reader takes as the same text without quotes.
bool is_plain(std::string_view text) {
    const auto letter = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '/' || c == '_';
    };
    const auto fits = [&](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '.' || c == '-'; };
    if (text.empty() || !letter(text.front()) || !std::all_of(text.begin(), text.end(), fits)) return false;
    std::string lower{text};
    for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    return !has_word("true|false|yes|no|on|off|y|n|null", lower);
}

std::string quoted(std::string_view text) {
    constexpr std::string_view hex = "0123456789abcdef";
    std::string result = "\"";
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            result += std::string("\\") + c;
        } else if (c == '\n') {
            result += "\\n";
        } else if (byte < 0x20 || byte == 0x7f) {
            result += std::string("\\x") + hex[byte >> 4] + hex[byte & 15];
        } else if (c == '$' && text.substr(i).starts_with("${")) {
            result += "$$";  // not a substitution when it is read again
        } else {
            result += c;
        }
    }
    return result + "\"";
}

std::string as_text(std::string_view text) {
    return is_plain(text) ? std::string(text) : quoted(text);
}

bool has_own_form(Type type) {
    return type == Type::boolean || type == Type::integer || type == Type::duration || type == Type::size ||
           type == Type::percent || type == Type::choice;
}

class Renderer {
public:
    Renderer(const std::string& directory, Secrets secrets, Origins origins)
        : directory_(directory), secrets_(secrets), origins_(origins) {}

    std::string take() { return std::move(text_); }

    void block(const Block& block, const Node* node, std::size_t indent, Fill fill) {
        for (const Key& key : block.keys) {
            if (key.support == Support::not_yet || key.name == "include") continue;
            const Node* value = value_of(block, key, node);
            if (key.type == Type::block) {
                nested(key, value, indent);
            } else if (value != nullptr) {
                single(key, *value, indent);
            } else if (fill != Fill::inherited) {
                default_of(key, indent);
            }
        }
    }

private:
    /// What the node says about the key, also in a short form; null for nothing.
    static const Node* value_of(const Block& block, const Key& key, const Node* node) {
        if (node == nullptr) return nullptr;
        if (node->kind == Node::Kind::scalar) return key.name == block.scalar_key ? node : nullptr;
        if (node->kind == Node::Kind::list) return key.name == block.list_key ? node : nullptr;
        const MapEntry* entry = node->find(key.name);
        return entry == nullptr ? nullptr : entry->value.get();
    }

    void line(std::size_t indent, std::string_view name, std::string_view value, const Node* origin) {
        text_.append(indent, ' ');
        text_ += std::string(name) + ":";
        if (!value.empty()) text_ += " " + std::string(value);
        if (origins_ == Origins::as_comments && origin != nullptr && origin->place.file != nullptr)
            text_ += "  # " + origin->place.file->name() + ":" + std::to_string(origin->place.line);
        text_ += "\n";
    }

    void nested(const Key& key, const Node* node, std::size_t indent) {
        if (node == nullptr && key.fill != Fill::with_parent) return;
        if (node != nullptr && key.shape == Shape::map) return map_of_blocks(key, *node, indent);
        const bool is_bare =
            node != nullptr && key.shape == Shape::list_or_one && node->kind == Node::Kind::scalar;
        if (is_bare) return line(indent, key.name, scalar(key, *node), node);
        if (node != nullptr && key.shape != Shape::one) return list_of_blocks(key, *node, indent);
        const std::size_t before = text_.size();
        line(indent, key.name, "", nullptr);
        const std::size_t begin = text_.size();
        block(*key.block, node, indent + 2, key.fill);
        if (text_.size() == begin) text_.resize(before);
    }

    void list_of_blocks(const Key& key, const Node& list, std::size_t indent) {
        line(indent, key.name, list.items.empty() ? "[]" : "", nullptr);
        for (const NodePtr& item : list.items) {
            const std::size_t begin = text_.size();
            block(*key.block, item.get(), indent + 4, key.fill);
            if (text_.size() == begin) text_ += std::string(indent + 4, ' ') + "{}\n";
            text_[begin + indent + 2] = '-';
        }
    }

    void map_of_blocks(const Key& key, const Node& map, std::size_t indent) {
        line(indent, key.name, map.entries.empty() ? "{}" : "", nullptr);
        for (const MapEntry& entry : map.entries) {
            line(indent + 2, as_text(entry.key), "", nullptr);
            block(*key.block, entry.value.get(), indent + 4, key.fill);
        }
    }

    void single(const Key& key, const Node& node, std::size_t indent) {
        if (key.shape == Shape::one) return line(indent, key.name, scalar(key, node), &node);
        if (key.shape == Shape::map) {
            if (node.entries.empty()) return;
            line(indent, key.name, "", nullptr);
            for (const MapEntry& entry : node.entries)
                line(indent + 2, as_text(entry.key), scalar(key, *entry.value), entry.value.get());
            return;
        }
        std::string items;
        if (node.kind == Node::Kind::scalar) items = scalar(key, node);
        for (const NodePtr& item : node.items) items += (items.empty() ? "" : ", ") + scalar(key, *item);
        line(indent, key.name, "[" + items + "]", &node);
    }

    void default_of(const Key& key, std::size_t indent) {
        constexpr std::string_view directory = "{runtime_dir}";
        if (key.default_note.starts_with(directory))
            return line(indent, key.name,
                        as_text(runtime_directory_ + std::string(key.default_note.substr(directory.size()))),
                        nullptr);
        if (key.default_text.empty()) return;
        if (key.shape == Shape::one) {
            if (key.name == "runtime_dir") runtime_directory_ = key.default_text;
            return line(indent, key.name, default_scalar(key, key.default_text), nullptr);
        }
        std::string items;
        for_each_word(key.default_text, [&](std::string_view word) {
            items += (items.empty() ? "" : ", ") + default_scalar(key, word);
        });
        line(indent, key.name, "[" + items + "]", nullptr);
    }

    static std::string default_scalar(const Key& key, std::string_view text) {
        return has_own_form(key.type) ? canonical(key, std::string(text)) : as_text(text);
    }

    std::string scalar(const Key& key, const Node& node) {
        if (node.secret && secrets_ == Secrets::redacted) return "\"[redacted]\"";
        const bool is_file = key.type == Type::file_path ||
                             (key.type == Type::output && node.text.find(':') == std::string::npos &&
                              !has_word("stdout|stderr|journald", node.text));
        if (is_file) {
            const std::string path = path_below(directory_, node.text);
            if (key.name == "runtime_dir") runtime_directory_ = path;
            return as_text(path);
        }
        if (key.type == Type::expression) return as_text(node.escaped_text ? *node.escaped_text : node.text);
        return has_own_form(key.type) ? canonical(key, node.text) : as_text(node.text);
    }

    /// The one form of all texts that mean the same quantity.
    static std::string canonical(const Key& key, const std::string& text) {
        const bool switches_off = key.word == "off" && text == "0";
        if (text == key.word || switches_off) return std::string(key.word);
        if (key.type == Type::duration) {
            const auto duration = parse_duration(text);
            if (!duration) return quoted(text);
            return duration->count() == 0 && key.word == "off" ? "off" : duration_text(*duration);
        }
        if (key.type == Type::size) {
            const auto size = parse_size(text);
            if (!size) return quoted(text);
            return *size == 0 && key.word == "off" ? "off" : size_text(*size);
        }
        if (key.type == Type::percent) {
            const auto share = parse_percent(text);
            return share ? percent_text(*share) : quoted(text);
        }
        return text;
    }

    const std::string& directory_;
    Secrets secrets_;
    Origins origins_;
    std::string runtime_directory_;
    std::string text_;
};

}  // namespace

std::string render(const Node& root, const std::string& directory, Secrets secrets, Origins origins) {
    Renderer renderer(directory, secrets, origins);
    renderer.block(top_level, &root, 0, Fill::with_parent);
    return renderer.take();
}

}  // namespace baton::config
