/// Walks a YAML mapping along a block of the table of keys and fills an object with what it says.
#pragma once

#include "config/key.h"
#include "config/report.h"
#include "config/yaml_node.h"

#include <string>
#include <string_view>

namespace baton::config {

class Binder {
public:
    /// Relative file paths in the configuration are relative to `directory`.
    Binder(Report& report, std::string directory) : report_(report), directory_(std::move(directory)) {}

    /// Binds every key of `node` into `object`, which must be of the type the block binds. Reports what is
    /// wrong and goes on. `at` is the key that holds the block, for what it excludes; null at the top.
    void bind(const Block& block, const Node& node, void* object, const Key* at = nullptr);
    /// Gives every key of the block its default from the table.
    void set_defaults(const Block& block, void* object);
    /// Whether defaults are being set, so that nested blocks are to be filled and not read.
    bool is_defaulting() const { return defaulting_; }

    void error(std::string_view code, const Place& place, std::string message, std::string help = {});
    void error(std::string_view code, const Node& node, std::string message, std::string help = {}) {
        error(code, node.place, std::move(message), std::move(help));
    }
    Report& report() { return report_; }
    const std::string& directory() const { return directory_; }
    const std::string& path() const { return path_; }

    /// Extends the path of the key for messages, until it goes out of scope.
    class Step {
    public:
        Step(Binder& binder, std::string_view key);
        Step(Binder& binder, std::size_t index);
        ~Step() { binder_.path_.resize(length_); }
        Step(const Step&) = delete;
        Step& operator=(const Step&) = delete;

    private:
        Binder& binder_;
        std::size_t length_;
    };
    /// Continues at a path that was left before.
    void set_path(std::string path) { path_ = std::move(path); }

private:
    void bind_entry(const Block& block, const MapEntry& entry, void* object, const Key* at);
    void report_unknown(const Block& block, const MapEntry& entry);
    void report_missing(const Block& block, const Node& node);

    Report& report_;
    std::string directory_;
    std::string path_;
    bool defaulting_ = false;
};

/// The text of a scalar in backquotes, shortened; secrets are not shown.
std::string quoted_text(const Node& node);
/// `help` for a word that is not known, or nothing.
std::string did_you_mean(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace baton::config
