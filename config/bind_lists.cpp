#include "config/bind_value.h"
#include "config/field_name.h"
#include "config/header_rules.h"
#include "config/keys.h"

namespace baton::config {
namespace {

/// Whether the node is a map of names to values; reports it otherwise.
bool expect_map(Binder& binder, const Key& key, const Node& node) {
    if (node.kind == Node::Kind::map || node.kind == Node::Kind::null) return true;
    binder.error("E-TYPE", node, "`" + std::string(key.name) + "` maps names to values", "`name: value`");
    return false;
}

void check_set_name(Binder& binder, const MapEntry& entry) {
    const std::string name = lower_case(entry.key);
    if (!is_token(name) || name.find('*') != std::string::npos) {
        binder.error("E-VALUE", entry.key_place, "`" + entry.key.substr(0, 60) + "` is not a field name");
    } else if (is_framing_field(name)) {
        binder.error(
            "E-VALUE", entry.key_place, "`" + entry.key + "` belongs to the framing of messages",
            name == "host" ? "the Host sent upstream is `upstreams.NAME.host`" : "Baton writes it itself");
    }
}

FieldMatch read_condition(Binder& binder, const Node& node) {
    FieldMatch condition;
    if (node.text == "present") {
        condition.kind = FieldMatch::Kind::present;
    } else if (node.text == "absent") {
        condition.kind = FieldMatch::Kind::absent;
    } else if (node.text.starts_with('~')) {
        condition.kind = FieldMatch::Kind::regex;
        std::string reason;
        condition.regex = Regex::compile(std::string_view(node.text).substr(1), reason);
        if (condition.regex.empty())
            binder.error("E-REGEX", node, "the pattern is not accepted: " + (node.secret ? "" : reason));
    }
    condition.value = node.text;
    return condition;
}

}  // namespace

void bind_value(Binder& binder, const Key& key, const Node& node, HeaderRules& out) {
    HeaderRules own;
    binder.bind(*key.block, node, &own, &key);
    out = merge_header_rules(out, own);
}

void bind_value(Binder& binder, const Key& key, const Node& node,
                std::vector<std::pair<std::string, Template>>& out) {
    out.clear();
    if (!expect_map(binder, key, node)) return;
    for (const MapEntry& entry : node.entries) {
        const Binder::Step step(binder, entry.key);
        check_set_name(binder, entry);
        Template value;
        bind_value(binder, key, *entry.value, value);
        for (const Template::Part& part : value.parts()) {
            if (!part.is_variable && !is_field_text(part.text))
                binder.error("E-VALUE", *entry.value, "a field value cannot hold a control character");
        }
        out.emplace_back(entry.key, std::move(value));
    }
}

void bind_value(Binder& binder, const Key& key, const Node& node, std::vector<FieldMatch>& out) {
    out.clear();
    if (!expect_map(binder, key, node)) return;
    const bool of_headers = key.name == "headers";
    for (const MapEntry& entry : node.entries) {
        const Binder::Step step(binder, entry.key);
        if (of_headers && !is_token(entry.key))
            binder.error("E-VALUE", entry.key_place, "`" + entry.key.substr(0, 60) + "` is not a field name");
        if (!expect_scalar(binder, key, *entry.value)) continue;
        FieldMatch condition = read_condition(binder, *entry.value);
        condition.name = of_headers ? lower_case(entry.key) : entry.key;
        out.push_back(std::move(condition));
    }
}

void bind_value(Binder& binder, const Key& key, const Node& node, std::shared_ptr<const Match>& out) {
    auto match = std::make_shared<Match>();
    binder.bind(*key.block, node, match.get(), &key);
    out = std::move(match);
}

void bind_value(Binder& binder, const Key& key, const Node& node, std::vector<TargetDraft>& out) {
    out.clear();
    if (node.kind == Node::Kind::scalar) {
        TargetDraft target;
        target.upstream = {node.text, &node};
        out.push_back(std::move(target));
        return;
    }
    std::size_t index = 0;
    for (const Node* item : read_items(binder, key, node)) {
        const Binder::Step step(binder, index++);
        TargetDraft target;
        binder.set_defaults(target_block, &target);
        binder.bind(target_block, *item, &target, &key);
        if (target.upstream.node != nullptr) out.push_back(std::move(target));
    }
    if (node.kind == Node::Kind::list && node.items.empty())
        binder.error("E-REQ", node, "`to` leads nowhere", "name at least one upstream");
}

}  // namespace baton::config
