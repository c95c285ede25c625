/// Finds the host and the route of a request: hosts by specificity, routes in the order of the file, the
/// first match wins.
#pragma once

#include "config/config.h"
#include "proxy/http/heads.h"
#include "proxy/route/field_matcher.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace baton::route {

struct RouteRequest {
    std::size_t listener = 0;  ///< index into Config::listeners
    std::string_view host{};   ///< without port, in any case (`parse_authority`)
    std::string_view path{};   ///< normalised (`normalise_path`)
    bool ambiguous_separator = false;
    std::string_view query{};  ///< without `?`
    std::string_view method{};
    const http::FieldList& fields;
    std::span<const std::uint8_t> client_ip{};  ///< 4 or 16 bytes of the real client; empty when it has none
};

enum class RouteVerdict : std::uint8_t {
    matched,
    no_host,    ///< 404: no host of this name on this listener, and no default one
    no_route,   ///< 404: the host has none that matches
    forbidden,  ///< 403: `allow` or `deny` of the matched route
    bad_path,   ///< 400: the path has an ambiguous separator and this host's routes depend on paths
};

struct RouteMatch {
    RouteVerdict verdict = RouteVerdict::no_host;
    const config::Host* host = nullptr;    ///< with every verdict but `no_host`
    const config::Route* route = nullptr;  ///< with `matched` and `forbidden`
    /// Numbers the routes of all hosts from 0 without gaps (`RouteTable::size`), for what is kept per route
    /// elsewhere.
    std::uint32_t route_index = 0;
    /// Groups of the regex that matched, `groups[0]` the whole; they point into the request's path.
    std::array<std::string_view, 10> groups{};
};

/// Built once per worker from its configuration, which must outlive it. Hosts are found by hash, so that ten
/// thousand of them cost what one does.
class RouteTable {
public:
    explicit RouteTable(const config::Config& config);

    /// Not const because it reuses its own scratch memory: nothing is allocated per request.
    RouteMatch find(const RouteRequest& request);
    /// How many routes there are.
    std::size_t size() const { return by_index_.size(); }
    const config::Route& route(std::uint32_t index) const { return *by_index_[index]; }

private:
    struct CompiledMatch {
        const config::Match* match = nullptr;
        std::vector<std::string> paths, prefixes;  // normalised as a request's path would be
        std::vector<FieldMatcher> headers, query;
        std::vector<CompiledMatch> negated;  // none or one
        bool has_path = false;
        bool is_empty = true;
    };
    struct CompiledRoute {
        const config::Route* route = nullptr;
        CompiledMatch match;
        std::uint32_t index = 0;
    };
    struct CompiledHost {
        const config::Host* host = nullptr;
        std::vector<CompiledRoute> routes;
        bool depends_on_path = false;
    };
    struct TextHash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
    };
    using NameMap = std::unordered_map<std::string, const CompiledHost*, TextHash, std::equal_to<>>;
    struct Names {
        NameMap exact;
        NameMap wildcard;  // by what follows `*`: `.example.com`
        const CompiledHost* fallback = nullptr;
    };

    static CompiledMatch compile(const config::Match& match);
    static bool depends_on_path(const CompiledMatch& match);
    const CompiledHost* find_host(const Names& names, std::string_view host);
    bool matches(const CompiledMatch& match, const RouteRequest& request, RouteMatch& result);
    static bool matches_path(const CompiledMatch& match, std::string_view path, RouteMatch& result);

    std::vector<CompiledHost> hosts_;
    std::vector<Names> names_;  // one per listener
    std::vector<const config::Route*> by_index_;
    std::string host_scratch_, value_scratch_;
};

}  // namespace baton::route
