#include "proxy/route/rewrite.h"

#include "proxy/route/path_normaliser.h"
#include "proxy/route/percent_encoding.h"

#include <algorithm>

namespace baton::route {

namespace {

std::string_view without_final_slash(std::string_view prefix) {
    while (!prefix.empty() && prefix.back() == '/') prefix.remove_suffix(1);
    return prefix;
}

// On segment borders; what is left begins with a slash.
std::string_view stripped(std::string_view path, std::string_view prefix) {
    prefix = without_final_slash(prefix);
    if (prefix.empty() || !path.starts_with(prefix)) return path;
    if (path.size() == prefix.size()) return "/";
    return path[prefix.size()] == '/' ? path.substr(prefix.size()) : path;
}

// A replacement stays inside the path and inside the request line.
void escape_what_ends_a_path(std::string& path, std::string& scratch) {
    const auto ends_a_path = [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte <= 0x20 || byte >= 0x7f || c == '?' || c == '#';
    };
    if (std::ranges::none_of(path, ends_a_path)) return;
    scratch.clear();
    for (const char c : path) {
        if (ends_a_path(c)) {
            append_escape(scratch, static_cast<unsigned char>(c));
        } else {
            scratch += c;
        }
    }
    path.swap(scratch);
}

}  // namespace

std::optional<std::string_view> rewrite_path(const config::Rewrite& rewrite, std::string_view path,
                                             const TemplateValues& values, RewriteScratch& scratch) {
    if (path == "*") return path;
    path = stripped(path, rewrite.strip_prefix);
    const std::string_view added = without_final_slash(rewrite.add_prefix);
    if (!added.empty()) {
        scratch.path.assign(added.front() == '/' ? "" : "/");
        scratch.path += added;
        scratch.path += path;
        escape_what_ends_a_path(scratch.path, scratch.replacement);
        path = scratch.path;
    }
    if (rewrite.regex.empty()) return path;

    if (added.empty()) scratch.path.assign(path);
    const std::string_view replacement =
        evaluated(rewrite.replace, values, Destination::path, scratch.replacement);
    if (!rewrite.regex.replace_first(scratch.path, replacement)) return scratch.path;
    escape_what_ends_a_path(scratch.path, scratch.replacement);
    const NormalisedPath normal = normalise_path(scratch.path, scratch.normalised);
    if (normal.fault != PathFault::none) return {};
    // The path had no dot segments, so they come from what the client sent into a variable or across a seam
    // of the pattern.
    if (std::ranges::count(normal.path, '/') != std::ranges::count(scratch.path, '/')) return {};
    return normal.path;
}

}  // namespace baton::route
