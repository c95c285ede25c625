#include "config/yaml_node.h"

#include "config/scalar_extent.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <map>
#include <sstream>
#include <unordered_map>
#include <unordered_set>

namespace baton::config {
namespace {

/// Ends the reading of a file whose mistake has been reported.
struct Stop {};

/// Builds the tree from yaml-cpp's events, bounded in size and depth while it grows.
class TreeBuilder final : public YAML::EventHandler {
public:
    TreeBuilder(const SourceFile& source, Report& report) : source_(source), report_(report) {}

    NodePtr root() const { return root_; }

    void OnDocumentStart(const YAML::Mark& mark) override {
        if (documents_++ > 0)
            stop(place_at(mark, 1), "several documents in one file", "one file is one document");
    }
    void OnDocumentEnd() override {}

    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        NodePtr node = make(Node::Kind::null, place_at(mark, 1), anchor);
        attach(node);
    }

    void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        const Place place = place_at(mark, alias_length(mark));
        const auto known = anchors_.find(anchor);
        if (known == anchors_.end() || open_.contains(known->second.get()))
            stop(place, "an alias may not stand inside its own anchor");
        if (stack_.size() + known->second->height > deepest_nesting)
            stop(place, "nested too deeply", "at most 32 levels");
        attach(known->second);
    }

    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& value) override {
        const auto offset = static_cast<std::size_t>(std::max(mark.pos, 0));
        const ScalarExtent extent = find_scalar_extent(source_.text(), offset, value, tag == "!");
        Place place = place_at(mark, extent.length);
        place.column += static_cast<int>(extent.skipped);
        place.end_column += static_cast<int>(extent.skipped);
        if (!extent.closed) stop(place, "this quote is never closed");
        refuse_tag(place, tag);
        NodePtr node = make(Node::Kind::scalar, place, anchor);
        node->text = value;
        node->quoted = tag == "!";
        attach(node);
    }

    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value) override {
        const Place place = place_at(mark, 1);
        refuse_tag(place, tag);
        open(make(Node::Kind::list, place, anchor));
    }
    void OnSequenceEnd() override { close(); }

    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value style) override {
        const Place place = place_at(mark, 1);
        refuse_tag(place, tag);
        NodePtr node = make(Node::Kind::map, place, anchor);
        node->flow = style == YAML::EmitterStyle::Flow;
        open(node);
    }
    void OnMapEnd() override {
        expand_merge_key(*stack_.back().node);
        close();
    }

private:
    struct Level {
        NodePtr node;
        std::optional<MapEntry> key;  // read, and its value not yet
        bool key_is_duplicate = false;
        std::unordered_map<std::string, int> seen;  // key -> its line
        std::vector<NodePtr> merged;                // values of `<<`
    };

    Place place_at(const YAML::Mark& mark, std::size_t length) const {
        Place place;
        place.file = &source_;
        place.line = mark.line + 1;
        place.column = mark.column + 1;
        place.end_column = place.column + static_cast<int>(length);
        return place;
    }

    std::size_t alias_length(const YAML::Mark& mark) const {
        const auto begin = static_cast<std::size_t>(std::max(mark.pos, 0));
        const std::size_t end = source_.text().find_first_of(" \t\r\n,]}", begin);
        return (end == std::string::npos ? source_.text().size() : end) -
               std::min(begin, source_.text().size());
    }

    [[noreturn]] void stop(const Place& place, std::string message, std::string help = {}) {
        report_.error("E-SYNTAX", place, {}, std::move(message), std::move(help));
        throw Stop{};
    }

    void refuse_tag(const Place& place, const std::string& tag) {
        if (!tag.empty() && tag != "?" && tag != "!") stop(place, "tags such as `!name` are not used here");
    }

    NodePtr make(Node::Kind kind, const Place& place, YAML::anchor_t anchor) {
        auto node = std::make_shared<Node>();
        node->kind = kind;
        node->place = place;
        if (anchor != 0) anchors_[anchor] = node;
        return node;
    }

    void open(NodePtr node) {
        if (stack_.size() + 1 > deepest_nesting) stop(node->place, "nested too deeply", "at most 32 levels");
        if (!stack_.empty() && stack_.back().node->kind == Node::Kind::map && !stack_.back().key)
            stop(node->place, "a key must be a plain text");
        open_.insert(node.get());
        stack_.push_back(Level{std::move(node), {}, false, {}, {}});
    }

    void close() {
        NodePtr node = std::move(stack_.back().node);
        stack_.pop_back();
        open_.erase(node.get());
        attach(node);
    }

    void count(Node& parent, const Node& child) {
        parent.weight += child.weight;  // both are at most `most_nodes`
        parent.height = std::max(parent.height, child.height + 1);
        if (parent.weight > most_nodes)
            stop(child.place, "more than 100000 nodes after aliases are expanded");
    }

    void attach(const NodePtr& node) {
        if (stack_.empty()) {
            root_ = node;
            return;
        }
        Level& level = stack_.back();
        if (level.node->kind == Node::Kind::list) {
            count(*level.node, *node);
            level.node->items.push_back(node);
        } else if (!level.key) {
            take_key(level, *node);
        } else {
            take_value(level, node);
        }
    }

    void take_key(Level& level, const Node& node) {
        if (node.kind != Node::Kind::scalar) stop(node.place, "a key must be a plain text");
        level.key = MapEntry{node.text, node.place, nullptr};
        const bool merges = node.text == "<<" && !node.quoted;
        const auto [first, is_first] = level.seen.emplace(node.text, node.place.line);
        level.key_is_duplicate = !is_first && !merges;
        if (!level.key_is_duplicate) return;
        report_
            .error("E-DUP", node.place, {}, "duplicate key `" + node.text + "`",
                   "first set at line " + std::to_string(first->second))
            .related.push_back(Related{source_.name(), first->second});
    }

    void take_value(Level& level, const NodePtr& node) {
        MapEntry entry = std::move(*level.key);
        level.key.reset();
        count(*level.node, *node);
        if (level.key_is_duplicate) return;
        if (node->kind == Node::Kind::null) node->place = entry.key_place;  // yaml-cpp points at what follows
        if (entry.key == "<<") {
            level.merged.push_back(node);
            return;
        }
        entry.value = node;
        level.node->entries.push_back(std::move(entry));
    }

    void expand_merge_key(Node& map) {
        for (const NodePtr& merged : stack_.back().merged) {
            if (merged->kind == Node::Kind::map) {
                merge_into(map, *merged);
                continue;
            }
            if (merged->kind != Node::Kind::list) stop(merged->place, "`<<` wants a map or a list of maps");
            for (const NodePtr& item : merged->items) {
                if (item->kind != Node::Kind::map) stop(item->place, "`<<` wants a map or a list of maps");
                merge_into(map, *item);
            }
        }
    }

    void merge_into(Node& map, const Node& source) {
        for (const MapEntry& entry : source.entries) {
            if (!stack_.back().seen.emplace(entry.key, entry.key_place.line).second) continue;
            count(map, *entry.value);
            map.entries.push_back(entry);
        }
    }

    const SourceFile& source_;
    Report& report_;
    std::vector<Level> stack_;
    std::unordered_set<const Node*> open_;
    std::map<YAML::anchor_t, NodePtr> anchors_;
    NodePtr root_;
    int documents_ = 0;
};

/// Whether the indentation of the line, or of the one before, holds a tab.
bool tab_indents(const SourceFile& source, int line) {
    for (int number = std::max(1, line - 1); number <= line; ++number) {
        const std::string_view text = source.line(number);
        const std::size_t indentation = std::min(text.find_first_not_of(" \t"), text.size());
        if (text.substr(0, indentation).find('\t') != std::string_view::npos) return true;
    }
    return false;
}

void report_exception(const SourceFile& source, Report& report, const YAML::Exception& exception) {
    Place place;
    place.file = &source;
    place.line = std::max(exception.mark.line + 1, 1);
    place.column = std::max(exception.mark.column + 1, 1);
    place.end_column = place.column + 1;
    if (tab_indents(source, place.line)) {
        report.error("E-SYNTAX", place, {}, "a tab in the indentation", "YAML wants spaces");
        return;
    }
    const bool substitutes = source.line(place.line).find("${") != std::string_view::npos;
    report.error("E-SYNTAX", place, {}, exception.msg,
                 substitutes ? "between `{ }` and `[ ]` a `${…}` must be quoted" : "");
}

}  // namespace

const MapEntry* Node::find(std::string_view key) const {
    const auto found =
        std::find_if(entries.begin(), entries.end(), [&](const MapEntry& e) { return e.key == key; });
    return found == entries.end() ? nullptr : &*found;
}

NodePtr read_yaml(const SourceFile& source, Report& report) {
    TreeBuilder builder(source, report);
    try {
        std::istringstream stream(source.text());
        YAML::Parser parser(stream);
        while (parser.HandleNextDocument(builder)) {
        }
    } catch (const Stop&) {
        return nullptr;
    } catch (const YAML::Exception& exception) {
        report_exception(source, report, exception);
        return nullptr;
    } catch (const std::exception& exception) {
        Place place;
        place.file = &source;
        report.error("E-SYNTAX", place, {}, std::string("cannot be read as YAML: ") + exception.what());
        return nullptr;
    }
    NodePtr root = builder.root();
    if (!root || root->kind == Node::Kind::null) {
        root = std::make_shared<Node>();
        root->kind = Node::Kind::map;
        root->place = Place{&source, 1, 1, 2};
    }
    return root;
}

}  // namespace baton::config
