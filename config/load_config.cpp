#include "config/load_config.h"

#include "config/assembly.h"
#include "config/document.h"
#include "config/dump.h"
#include "config/fnv1a.h"
#include "config/keys.h"
#include "config/render.h"

#include <cstdint>
#include <exception>
#include <filesystem>

namespace baton::config {
namespace {

std::string absolute_path(const std::string& path) {
    std::error_code error;
    const std::filesystem::path absolute = std::filesystem::absolute(path, error);
    return error ? path : absolute.lexically_normal().string();
}

/// Of the text, folded to 48 bits.
std::string hash_of(std::string_view text) {
    constexpr std::string_view hex = "0123456789abcdef";
    Fnv1a all;
    all.add(text);
    std::uint64_t hash = (all.value() ^ (all.value() >> 48)) & 0xffff'ffff'ffffULL;
    std::string digits(12, '0');
    for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit, hash >>= 4) *digit = hex[hash & 15];
    return digits;
}

/// Binds a document that was read, if it was.
LoadResult bind_document(const NodePtr& root, const std::string& name, const Sources& sources,
                         Report& report) {
    if (!root) return {nullptr, report.sorted()};
    const std::string main_file = absolute_path(name);
    const std::string directory = std::filesystem::path(main_file).parent_path().string();
    Binder binder(report, directory);
    Draft draft;
    draft.root = root.get();
    binder.set_defaults(top_level, &draft);
    binder.bind(top_level, *root, &draft);
    Assembly(binder, draft).run();
    if (report.errors() > 0) return {nullptr, report.sorted()};
    Config& config = draft.config;
    config.file = main_file;
    for (const auto& source : sources) config.files.push_back(absolute_path(source->name()));
    config.effective = render(*root, directory, Secrets::redacted, Origins::as_comments);
    config.hash = hash_of(render(*root, directory, Secrets::shown, Origins::none) + "workers " +
                          std::to_string(config.process.workers));
    return {std::make_shared<const Config>(std::move(config)), report.sorted()};
}

/// The last resort against what a library throws, such as for want of memory.
template <class Load>
LoadResult without_exceptions(const std::string& name, Load&& load) {
    try {
        return load();
    } catch (const std::exception& exception) {
        Finding finding;
        finding.code = "E-SYNTAX";
        finding.file = name;
        finding.message = std::string("cannot be loaded: ") + exception.what();
        return {nullptr, {finding}};
    }
}

}  // namespace

LoadResult load_config(const std::string& path) {
    return without_exceptions(path, [&] {
        Sources sources;
        Report report;
        const NodePtr root = load_document(path, sources, report);
        return bind_document(root, path, sources, report);
    });
}

LoadResult load_config_text(std::string_view text, const std::string& name) {
    return without_exceptions(name, [&] {
        Sources sources;
        Report report;
        const NodePtr root = load_document_text(std::string(text), name, sources, report);
        return bind_document(root, name, sources, report);
    });
}

std::string dump(const Config& config) {
    return config.effective;
}

}  // namespace baton::config
