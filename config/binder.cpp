#include "config/binder.h"

#include "config/did_you_mean.h"

#include <algorithm>
#include <vector>

namespace baton::config {
namespace {

constexpr std::size_t longest_shown = 60;

/// The value that a key has when nobody writes it, as a node.
Node default_node(const Key& key) {
    Node node;
    if (key.shape == Shape::one) {
        node.kind = Node::Kind::scalar;
        node.text = key.default_text;
        return node;
    }
    node.kind = Node::Kind::list;
    for_each_word(key.default_text, [&](std::string_view word) {
        auto item = std::make_shared<Node>();
        item->kind = Node::Kind::scalar;
        item->text = word;
        node.items.push_back(std::move(item));
    });
    return node;
}

}  // namespace

const Key* Block::find(std::string_view key) const {
    const auto found =
        std::find_if(keys.begin(), keys.end(), [&](const Key& each) { return each.name == key; });
    return found == keys.end() ? nullptr : &*found;
}

std::string quoted_text(const Node& node) {
    if (node.secret) return "the secret";
    std::string text = node.text.substr(0, longest_shown);
    if (node.text.size() > longest_shown) text += "…";
    return "`" + text + "`";
}

std::string did_you_mean(std::string_view word, std::span<const std::string_view> candidates) {
    const std::string_view best = nearest(word, candidates);
    return best.empty() ? std::string{} : "did you mean `" + std::string(best) + "`?";
}

Binder::Step::Step(Binder& binder, std::string_view key) : binder_(binder), length_(binder.path_.size()) {
    if (!binder.path_.empty()) binder.path_ += ".";
    binder.path_ += key;
}

Binder::Step::Step(Binder& binder, std::size_t index) : binder_(binder), length_(binder.path_.size()) {
    binder.path_ += "[" + std::to_string(index) + "]";
}

void Binder::error(std::string_view code, const Place& place, std::string message, std::string help) {
    report_.error(code, place, path_, std::move(message), std::move(help));
}

void Binder::set_defaults(const Block& block, void* object) {
    const bool outer = defaulting_;
    defaulting_ = true;
    for (const Key& key : block.keys) {
        const bool fills = key.type == Type::block && key.fill == Fill::with_parent;
        if (key.bind == nullptr || (key.default_text.empty() && !fills)) continue;
        key.bind(*this, key, default_node(key), object);
    }
    defaulting_ = outer;
}

void Binder::bind(const Block& block, const Node& node, void* object, const Key* at) {
    if (defaulting_) {
        set_defaults(block, object);
        return;
    }
    const bool is_scalar = node.kind == Node::Kind::scalar && !block.scalar_key.empty();
    const bool is_list = node.kind == Node::Kind::list && !block.list_key.empty();
    if (is_scalar || is_list) {
        const Key* key = block.find(is_scalar ? block.scalar_key : block.list_key);
        const Step step(*this, key->name);
        key->bind(*this, *key, node, object);
    } else if (node.kind == Node::Kind::scalar || node.kind == Node::Kind::list) {
        error("E-TYPE", node,
              "`" + std::string(at != nullptr ? at->name : block.name) + "` must be a block of keys");
        return;
    }
    for (const MapEntry& entry : node.entries) bind_entry(block, entry, object, at);
    if (!is_scalar && !is_list) report_missing(block, node);
    if (block.check != nullptr) block.check(*this, node, object);
}

void Binder::bind_entry(const Block& block, const MapEntry& entry, void* object, const Key* at) {
    const bool is_top = at == nullptr && path_.empty();
    if (is_top && entry.key.starts_with("x-")) return;
    const Key* key = block.find(entry.key);
    if (key == nullptr) {
        report_unknown(block, entry);
        return;
    }
    const Step step(*this, entry.key);
    if (key->support == Support::not_yet) {
        error("E-UNSUPPORTED", entry.key_place, "`" + entry.key + "` is not supported by this version yet",
              "remove it");
        return;
    }
    if (at != nullptr && has_word(at->except, entry.key)) {
        error("E-KEY", entry.key_place, "`" + entry.key + "` cannot be set here",
              std::string(at->except_reason));
        return;
    }
    key->bind(*this, *key, *entry.value, object);
}

void Binder::report_unknown(const Block& block, const MapEntry& entry) {
    std::vector<std::string_view> names;
    for (const Key& key : block.keys) names.push_back(key.name);
    const std::string where = path_.empty() ? " at the top level" : " in " + std::string(block.name);
    const Step step(*this, entry.key);
    error("E-KEY", entry.key_place, "unknown key `" + entry.key.substr(0, longest_shown) + "`" + where,
          did_you_mean(entry.key, names));
}

void Binder::report_missing(const Block& block, const Node& node) {
    for (const Key& key : block.keys) {
        if (key.presence != Presence::required || node.find(key.name) != nullptr) continue;
        Place place = node.place;
        place.end_column = place.column + 1;
        error("E-REQ", place, std::string(block.noun) + " has no `" + std::string(key.name) + "`");
    }
}

}  // namespace baton::config
