#include "config/block_checks.h"

#include "config/bind_value.h"
#include "config/did_you_mean.h"
#include "config/field_name.h"
#include "config/read_file.h"

#include <array>
#include <optional>

namespace baton::config {
namespace {

/// `first` and `second` stand in one block and exclude each other.
void report_conflict(Binder& binder, const MapEntry& first, const MapEntry& second, std::string message,
                     std::string help) {
    Finding& finding = binder.report().error("E-CONFLICT", second.key_place, binder.path(),
                                             std::move(message), std::move(help));
    finding.related.push_back(Related{first.key_place.file->name(), first.key_place.line});
}

/// An output that is a file gets its place below the directory of the main file.
void bind_output(Binder& binder, const Key& key, const Node& node, std::string& out) {
    bind_value(binder, key, node, out);
    constexpr std::array<std::string_view, 3> words{"stdout", "stderr", "journald"};
    if (node.kind != Node::Kind::scalar || has_word("stdout|stderr|journald", out)) return;
    if (out.starts_with("syslog:")) {
        const bool unix_socket = out.starts_with("syslog:unix:/");
        const bool udp =
            out.starts_with("syslog:udp:") && out.size() > std::string_view("syslog:udp:").size();
        if (!unix_socket && !udp)
            binder.error("E-VALUE", node, quoted_text(node) + " is not an output",
                         "`syslog:unix:/dev/log` or `syslog:udp:host:514`");
        return;
    }
    const std::string_view meant = nearest(out, words);
    if (out.find('/') == std::string::npos && !meant.empty()) {
        binder.error("E-VALUE", node, quoted_text(node) + " is not an output",
                     "did you mean `" + std::string(meant) + "`? A file of that name is `./" + out + "`");
        return;
    }
    if (out.empty()) binder.error("E-VALUE", node, "`output` is empty");
    out = path_below(binder.directory(), out);
}

/// The replacement as RE2 sees it before variables are filled in.
std::string literal_text(const Template& text) {
    std::string result;
    for (const Template::Part& part : text.parts()) {
        if (!part.is_variable) result += part.text;
    }
    return result;
}

/// The highest group that `{re.N}` names, with 0 for none.
int highest_group(const Template& text) {
    int highest = 0;
    for (const Template::Part& part : text.parts()) {
        if (part.is_variable && part.variable == Variable::regex_group)
            highest = std::max(highest, part.text.front() - '0');
    }
    return highest;
}

void check_groups(Binder& binder, const Node& node, std::string_view key, int wanted, const Match& match) {
    if (wanted == 0) return;
    int most = 0;
    for (const Regex& regex : match.regexes) most = std::max(most, regex.group_count());
    if (wanted <= most) return;
    const MapEntry* entry = node.find(key);
    if (entry == nullptr) return;
    const std::string variable = "`{re." + std::to_string(wanted) + "}`";
    binder.error("E-VALUE", entry->value->kind == Node::Kind::scalar ? entry->value->place : entry->key_place,
                 match.regexes.empty() ? variable + " needs a `regex` in match"
                                       : variable + " is more than the pattern has groups");
}

void check_action(Binder& binder, const Node& node) {
    const MapEntry* first = nullptr;
    for (const MapEntry& entry : node.entries) {
        if (!has_word("to|redirect|respond|static", entry.key)) continue;
        if (first == nullptr) {
            first = &entry;
        } else {
            report_conflict(binder, *first, entry,
                            "two actions in one route: `" + first->key + "` and `" + entry.key + "`",
                            "exactly one of `to`, `redirect` and `respond`");
        }
    }
    if (first != nullptr) return;
    Place place = node.place;
    place.end_column = place.column + 1;
    binder.error("E-REQ", place, "route has no `to`, `redirect` or `respond`");
}

}  // namespace

void bind_version(Binder& binder, const Key& key, const Node& node, Draft&) {
    if (!expect_scalar(binder, key, node) || node.text == "1") return;
    binder.error("E-VALUE", node,
                 quoted_text(node) + " is not a version of the language that this Baton knows", "write `1`");
}

void bind_include(Binder& binder, const Key& key, const Node& node, Draft&) {
    for (const Node* item : read_items(binder, key, node)) expect_scalar(binder, key, *item);
}

void bind_log_output(Binder& binder, const Key& key, const Node& node, Logging& out) {
    bind_output(binder, key, node, out.output);
}

void bind_access_output(Binder& binder, const Key& key, const Node& node, AccessLog& out) {
    bind_output(binder, key, node, out.output);
}

void bind_upgrades(Binder& binder, const Key& key, const Node& node, RouteDraft& out) {
    bind_value(binder, key, node, out.route.upgrades);
    for (std::string& token : out.route.upgrades) token = lower_case(token);
    for (const NodePtr& item : node.items) {
        if (lower_case(item->text) == "h2c")
            binder.error("E-VALUE", *item, "`h2c` never passes",
                         "it would hide requests from the rules (RFC 9113 §3.1)");
    }
}

void check_access_log(Binder& binder, const Node& node, void* access_log) {
    const auto& log = *static_cast<const AccessLog*>(access_log);
    const MapEntry* format = node.find("format");
    const MapEntry* line = node.find("template");
    if (log.format == AccessFormat::templated && format != nullptr && line == nullptr)
        binder.error("E-REQ", format->value->place, "`format: template` needs a `template` beside it");
    if (line != nullptr && log.format != AccessFormat::templated)
        binder.error("E-CONFLICT", line->key_place, "`template` has no meaning with this format",
                     "write `format: template`");
    const MapEntry* fields = node.find("fields");
    if (fields != nullptr && log.format != AccessFormat::json)
        binder.error("E-CONFLICT", fields->key_place, "`fields` has no meaning with this format",
                     "write `format: json`");
}

void check_rewrite(Binder& binder, const Node& node, void* rewrite) {
    const auto& rules = *static_cast<const Rewrite*>(rewrite);
    const MapEntry* regex = node.find("regex");
    const MapEntry* replace = node.find("replace");
    if (regex != nullptr && replace == nullptr)
        binder.error("E-REQ", regex->key_place, "`regex` needs a `replace` beside it");
    if (replace != nullptr && regex == nullptr)
        binder.error("E-REQ", replace->key_place, "`replace` needs a `regex` beside it");
    std::string reason;
    if (replace != nullptr && !rules.regex.empty() &&
        !rules.regex.accepts_replacement(literal_text(rules.replace), reason))
        binder.error("E-VALUE", replace->value->place, "the replacement is not accepted: " + reason);
}

void check_upstream(Binder& binder, const Node& node, void* upstream_draft) {
    const auto& upstream = static_cast<const UpstreamDraft*>(upstream_draft)->upstream;
    const MapEntry* balance = node.find("balance");
    const MapEntry* hash_key = node.find("hash_key");
    if (upstream.balance == Balance::hash && balance != nullptr && hash_key == nullptr)
        binder.error("E-REQ", balance->value->place, "`balance: hash` needs a `hash_key` beside it",
                     "such as `\"{header.x-user}\"`");
    if (hash_key != nullptr && upstream.balance != Balance::hash)
        binder.error("E-CONFLICT", hash_key->key_place, "`hash_key` has no meaning with this balance",
                     "write `balance: hash`");
    const bool is_list = node.kind == Node::Kind::list;
    if (node.kind == Node::Kind::map && node.find("endpoints") == nullptr &&
        node.find("discovery") == nullptr) {
        Place place = node.place;
        place.end_column = place.column + 1;
        binder.error("E-REQ", place, "upstream has no `endpoints`");
    }
    const MapEntry* endpoints = node.find("endpoints");
    const Node* list = is_list ? &node : (endpoints == nullptr ? nullptr : endpoints->value.get());
    if (list != nullptr && list->kind == Node::Kind::list && list->items.empty())
        binder.error("E-REQ", *list, "upstream has no endpoint");
}

void check_route(Binder& binder, const Node& node, void* route_draft) {
    const auto& draft = *static_cast<const RouteDraft*>(route_draft);
    check_action(binder, node);
    const MapEntry* to = node.find("to");
    const MapEntry* rewrite = node.find("rewrite");
    const MapEntry* other = node.find("redirect") != nullptr ? node.find("redirect") : node.find("respond");
    if (rewrite != nullptr && to == nullptr && other != nullptr)
        report_conflict(binder, *other, *rewrite, "`rewrite` has no meaning with `" + other->key + "`",
                        "it changes the path that is sent upstream");
    const Match& match = draft.route.match;
    if (draft.redirect) check_groups(binder, node, "redirect", highest_group(draft.redirect->to), match);
    if (draft.respond) check_groups(binder, node, "respond", highest_group(draft.respond->body), match);
    check_groups(binder, node, "rewrite", highest_group(draft.route.rewrite.replace), match);
}

}  // namespace baton::config
