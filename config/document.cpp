#include "config/document.h"

#include "config/read_file.h"
#include "config/substitution.h"

#include <glob.h>
#include <sys/stat.h>

#include <algorithm>
#include <climits>
#include <cstdlib>
#include <string_view>
#include <unordered_map>

namespace baton::config {
namespace {

constexpr std::size_t deepest_include = 8;
constexpr std::size_t most_files = 1000;

bool is_directory(const std::string& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

std::string canonical_path(const std::string& path) {
    char buffer[PATH_MAX];
    return ::realpath(path.c_str(), buffer) == nullptr ? path : std::string(buffer);
}

std::vector<std::string> expand_glob(const std::string& pattern) {
    std::vector<std::string> paths;
    glob_t found{};
    // NOLINTNEXTLINE(concurrency-mt-unsafe): the master has no threads
    if (::glob(pattern.c_str(), GLOB_NOSORT, nullptr, &found) == 0) {
        for (std::size_t i = 0; i < found.gl_pathc; ++i) {
            if (!is_directory(found.gl_pathv[i])) paths.emplace_back(found.gl_pathv[i]);
        }
    }
    ::globfree(&found);
    std::sort(paths.begin(), paths.end());
    return paths;
}

/// Maps whose keys are names chosen by the user: the same name in two files is a mistake, not one thing in
/// two parts.
bool holds_names(std::string_view path) {
    return path == "upstreams" || path == "rate_limits";
}

class Loader {
public:
    Loader(Sources& sources, Report& report) : sources_(sources), report_(report) {}

    NodePtr load(const std::string& path, const Place& included_at) {
        auto file = read_file(path, largest_file);
        if (!file) {
            const std::string message = "cannot read `" + path + "`: " + file.error();
            if (included_at.file != nullptr) {
                report_.error("E-FILE", included_at, "include", message);
                return nullptr;
            }
            sources_.push_back(std::make_unique<SourceFile>(path, ""));
            report_.add_file(*sources_.back());
            report_.error("E-FILE", Place{sources_.back().get(), 0, 0, 0}, {}, message);
            return nullptr;
        }
        return load_text(std::move(file->text), path);
    }

    NodePtr load_text(std::string text, const std::string& name) {
        if (text.starts_with("\xef\xbb\xbf")) text.erase(0, 3);
        sources_.push_back(std::make_unique<SourceFile>(name, std::move(text)));
        const SourceFile& source = *sources_.back();
        report_.add_file(source);
        if (source.text().size() > largest_file) {
            report_.error("E-SYNTAX", Place{&source, 0, 0, 0}, {}, "the file is larger than 4 MiB");
            return nullptr;
        }
        if (source.text().find('\0') != std::string::npos) {
            report_.error("E-SYNTAX", Place{&source, 0, 0, 0}, {}, "the file is not UTF-8 text");
            return nullptr;
        }
        NodePtr root = read_yaml(source, report_);
        if (!root) return nullptr;
        if (root->kind != Node::Kind::map) {
            report_.error("E-TYPE", root->place, {}, "the file must be a map of keys such as `listeners`");
            return nullptr;
        }
        substitute_document(*root, report_);
        follow_includes(*root, source);
        return root;
    }

private:
    void follow_includes(Node& root, const SourceFile& source) {
        const MapEntry* include = root.find("include");
        if (include == nullptr) return;
        const NodePtr value = include->value;
        chain_.push_back(canonical_path(source.name()));
        if (value->kind == Node::Kind::scalar) follow(root, *value, source);
        for (const NodePtr& item : value->items) {
            if (item->kind == Node::Kind::scalar)
                follow(root, *item, source);  // the binder reports the others
        }
        chain_.pop_back();
    }

    void follow(Node& root, const Node& pattern, const SourceFile& source) {
        const Place place = pattern.place;
        if (chain_.size() > deepest_include) {
            report_.error("E-INCLUDE", place, "include", "more than 8 levels of includes");
            return;
        }
        if (pattern.text.empty() || pattern.text.find('\0') != std::string::npos) {
            report_.error("E-INCLUDE", place, "include", "an include names a file or a glob");
            return;
        }
        const std::string path = path_below(source.directory(), pattern.text);
        const bool is_glob = pattern.text.find_first_of("*?[") != std::string::npos;
        struct stat status {};
        if (!is_glob && ::stat(path.c_str(), &status) != 0) {
            report_.error("E-INCLUDE", place, "include", "there is no file `" + path + "`");
            return;
        }
        for (const std::string& file : is_glob ? expand_glob(path) : std::vector<std::string>{path}) {
            if (sources_.size() >= most_files) {
                report_.error("E-INCLUDE", place, "include", "more than 1000 files");
                return;
            }
            if (std::find(chain_.begin(), chain_.end(), canonical_path(file)) != chain_.end()) {
                report_.error("E-INCLUDE", place, "include", "`" + file + "` includes itself");
                continue;
            }
            const NodePtr included = load(file, place);
            if (included) merge(root, *included, "");
        }
    }

    /// Adds what `from` says to `into`, which is not shared with anybody.
    void merge(Node& into, const Node& from, const std::string& path) {
        std::unordered_map<std::string_view, std::size_t> known;
        for (std::size_t i = 0; i < into.entries.size(); ++i) known.emplace(into.entries[i].key, i);
        std::vector<MapEntry> added;
        for (const MapEntry& entry : from.entries) {
            if (path.empty() && (entry.key == "include" || entry.key.starts_with("x-"))) continue;
            const auto found = known.find(entry.key);
            if (found == known.end()) {
                added.push_back(entry);
            } else {
                merge_value(into.entries[found->second], entry,
                            path.empty() ? entry.key : path + "." + entry.key, path);
            }
        }
        into.entries.insert(into.entries.end(), added.begin(), added.end());
    }

    void merge_value(MapEntry& into, const MapEntry& from, const std::string& path,
                     const std::string& parent) {
        const Node::Kind kind = into.value->kind;
        const bool same_kind = kind == from.value->kind;
        if (path == "version" && same_kind && into.value->text == from.value->text) return;
        const bool joins = same_kind && (kind == Node::Kind::list || kind == Node::Kind::map);
        if (!joins || holds_names(parent)) {
            report_
                .error(
                    "E-DUP", from.key_place, path, "duplicate key `" + from.key + "`",
                    "first set at " + into.key_place.file->name() + ":" + std::to_string(into.key_place.line))
                .related.push_back(Related{into.key_place.file->name(), into.key_place.line});
            return;
        }
        into.value = std::make_shared<Node>(*into.value);  // an alias may share it
        if (kind == Node::Kind::map) {
            merge(*into.value, *from.value, path);
        } else {
            into.value->items.insert(into.value->items.end(), from.value->items.begin(),
                                     from.value->items.end());
        }
    }

    Sources& sources_;
    Report& report_;
    std::vector<std::string> chain_;  // canonical paths from the main file to the one being read
};

}  // namespace

NodePtr load_document(const std::string& path, Sources& sources, Report& report) {
    return Loader(sources, report).load(path, {});
}

NodePtr load_document_text(std::string text, const std::string& name, Sources& sources, Report& report) {
    return Loader(sources, report).load_text(std::move(text), name);
}

}  // namespace baton::config
