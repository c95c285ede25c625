/// Any path: normalising it twice changes nothing, and what is forwarded finds the route that the request has
/// found.
#include "proxy/route/path_normaliser.h"
#include "proxy/route/percent_encoding.h"
#include "proxy/route/query_parameters.h"
#include "proxy/route/rewrite.h"
#include "proxy/route/route_table.h"
#include "server/assert.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

using namespace baton;

namespace {

config::Match on_path(std::string path) {
    config::Match match;
    match.paths.push_back(std::move(path));
    return match;
}

config::Match on_prefix(std::string prefix) {
    config::Match match;
    match.prefixes.push_back(std::move(prefix));
    return match;
}

config::Match on_regex(std::string_view pattern) {
    std::string error;
    config::Match match;
    match.regexes.push_back(config::Regex::compile(pattern, error));
    return match;
}

const config::Config& site() {
    static const config::Config config = [] {
        config::Config result;
        result.listeners.resize(1);
        config::Host& host = result.hosts.emplace_back();
        for (config::Match& match : std::vector{on_path("/"), on_prefix("/a"), on_prefix("/admin/"),
                                                on_regex("/[0-9]+\\.(php|js)"), on_path("/x y")}) {
            host.routes.emplace_back().match = std::move(match);
        }
        return result;
    }();
    return config;
}

struct Outcome {
    route::RouteVerdict verdict;
    const config::Route* route;
    bool operator==(const Outcome&) const = default;
};

Outcome outcome(const route::NormalisedPath& path) {
    static route::RouteTable table(site());
    static const http::FieldList no_fields;
    const route::RouteMatch match = table.find({.host = "example.com",
                                                .path = path.path,
                                                .ambiguous_separator = path.ambiguous_separator,
                                                .method = "GET",
                                                .fields = no_fields});
    return {match.verdict, match.route};
}

void check_form(std::string_view path) {
    for (std::size_t i = 0; i < path.size(); ++i) {
        ASSERT(path[i] != '\0');
        if (path[i] != '%') continue;
        const int byte = route::escaped_byte(path, i);
        ASSERT(byte > 0 && !route::is_unreserved(byte));
        ASSERT(!(path[i + 1] >= 'a') && !(path[i + 2] >= 'a'));
    }
    for (const std::string_view segment : {"/./", "/../"})
        ASSERT(path.find(segment) == std::string_view::npos);
    ASSERT(!path.ends_with("/.") && !path.ends_with("/.."));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    std::string scratch, second_scratch;
    const route::NormalisedPath once = route::normalise_path(input, scratch);
    if (once.fault != route::PathFault::none) return 0;
    check_form(once.path);
    const route::NormalisedPath twice = route::normalise_path(once.path, second_scratch);
    ASSERT(twice.fault == route::PathFault::none);
    ASSERT(twice.path == once.path);
    // What dot segments took away may have held the separator.
    ASSERT(!twice.ambiguous_separator || once.ambiguous_separator);
    if (twice.ambiguous_separator == once.ambiguous_separator) ASSERT(outcome(twice) == outcome(once));

    config::Rewrite rewrite;
    rewrite.strip_prefix = "/a";
    rewrite.add_prefix = "/b";
    route::RewriteScratch rewriting;
    const auto rewritten = route::rewrite_path(rewrite, once.path, {}, rewriting);
    ASSERT(rewritten && (rewritten->front() == '/' || *rewritten == "*"));
    return 0;
}
