#include "proxy/route/route_table.h"

#include "proxy/route/authority.h"
#include "proxy/route/path_normaliser.h"
#include "proxy/route/percent_encoding.h"

#include <algorithm>

namespace baton::route {

namespace {

// A configured path in the form that a request's path has: `/café` is sent as `/caf%C3%A9`.
std::string in_request_form(std::string_view configured) {
    std::string encoded;
    for (const char c : configured) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte <= 0x20 || byte >= 0x7f) {
            append_escape(encoded, byte);
        } else {
            encoded += c;
        }
    }
    std::string scratch;
    const NormalisedPath normal = normalise_path(encoded, scratch);
    return normal.fault == PathFault::none ? std::string(normal.path) : encoded;
}

// On segment borders. A prefix that ends in a slash asks for that slash.
bool has_prefix(std::string_view path, std::string_view prefix) {
    if (!path.starts_with(prefix)) return false;
    return path.size() == prefix.size() || prefix.empty() || prefix.back() == '/' ||
           path[prefix.size()] == '/';
}

bool any_contains(const std::vector<config::Cidr>& blocks, std::span<const std::uint8_t> address) {
    return std::ranges::any_of(blocks, [&](const config::Cidr& block) { return block.contains(address); });
}

bool may_enter(const config::Route& route, std::span<const std::uint8_t> client) {
    if (any_contains(route.deny, client)) return false;
    return route.allow.empty() || any_contains(route.allow, client);
}

bool serves(const config::Host& host, std::string_view listener) {
    return host.listeners.empty() || std::ranges::find(host.listeners, listener) != host.listeners.end();
}

}  // namespace

RouteTable::RouteTable(const config::Config& config) {
    hosts_.reserve(config.hosts.size());
    for (const config::Host& host : config.hosts) {
        CompiledHost& compiled = hosts_.emplace_back();
        compiled.host = &host;
        for (const config::Route& route : host.routes) {
            const auto index = static_cast<std::uint32_t>(by_index_.size());
            compiled.routes.push_back({&route, compile(route.match), index});
            by_index_.push_back(&route);
            if (depends_on_path(compiled.routes.back().match)) compiled.depends_on_path = true;
        }
    }
    std::string scratch;
    names_.resize(config.listeners.size());
    for (std::size_t i = 0; i < names_.size(); ++i) {
        Names& names = names_[i];
        for (const CompiledHost& host : hosts_) {
            if (!serves(*host.host, config.listeners[i].name)) continue;
            for (const std::string& written : host.host->names) {
                const std::string_view name = comparable_host(written, scratch);
                if (name == "*") {
                    if (names.fallback == nullptr) names.fallback = &host;
                } else if (name.starts_with("*.")) {
                    names.wildcard.emplace(name.substr(1), &host);
                } else {
                    names.exact.emplace(name, &host);
                }
            }
        }
    }
}

RouteTable::CompiledMatch RouteTable::compile(const config::Match& match) {
    CompiledMatch compiled;
    compiled.match = &match;
    for (const std::string& path : match.paths) compiled.paths.push_back(in_request_form(path));
    for (const std::string& prefix : match.prefixes) compiled.prefixes.push_back(in_request_form(prefix));
    for (const config::FieldMatch& condition : match.headers) compiled.headers.emplace_back(condition);
    for (const config::FieldMatch& condition : match.query) compiled.query.emplace_back(condition);
    if (match.negated) compiled.negated.push_back(compile(*match.negated));
    compiled.has_path = !match.paths.empty() || !match.prefixes.empty() || !match.regexes.empty();
    compiled.is_empty = !compiled.has_path && match.methods.empty() && match.headers.empty() &&
                        match.query.empty() && match.client_ip.empty() && !match.negated;
    return compiled;
}

bool RouteTable::depends_on_path(const CompiledMatch& match) {
    return match.has_path || std::ranges::any_of(match.negated, &RouteTable::depends_on_path);
}

const RouteTable::CompiledHost* RouteTable::find_host(const Names& names, std::string_view host) {
    if (names.exact.empty() && names.wildcard.empty()) return names.fallback;
    host = comparable_host(host, host_scratch_);
    if (const auto found = names.exact.find(host); found != names.exact.end()) return found->second;
    if (names.wildcard.empty()) return names.fallback;
    // From the left, so that the longest suffix comes first. At least one character stands for the `*`.
    for (std::size_t dot = host.find('.', 1); dot != std::string_view::npos; dot = host.find('.', dot + 1)) {
        if (const auto found = names.wildcard.find(host.substr(dot)); found != names.wildcard.end()) {
            return found->second;
        }
    }
    return names.fallback;
}

RouteMatch RouteTable::find(const RouteRequest& request) {
    RouteMatch result;
    const CompiledHost* host = find_host(names_[request.listener], request.host);
    if (host == nullptr) return result;
    result.host = host->host;
    if (request.ambiguous_separator && host->depends_on_path) {
        result.verdict = RouteVerdict::bad_path;
        return result;
    }
    result.verdict = RouteVerdict::no_route;
    for (const CompiledRoute& candidate : host->routes) {
        if (!matches(candidate.match, request, result)) {
            if (candidate.match.has_path) result.groups = {};  // its regex may have matched, but not the rest
            continue;
        }
        result.route = candidate.route;
        result.route_index = candidate.index;
        result.verdict =
            may_enter(*candidate.route, request.client_ip) ? RouteVerdict::matched : RouteVerdict::forbidden;
        break;
    }
    return result;
}

bool RouteTable::matches(const CompiledMatch& match, const RouteRequest& request, RouteMatch& result) {
    if (match.is_empty) return true;
    const config::Match& written = *match.match;
    if (!written.methods.empty() &&
        std::ranges::find(written.methods, request.method) == written.methods.end()) {
        return false;
    }
    if (match.has_path && !matches_path(match, request.path, result)) return false;
    if (!written.client_ip.empty() && !any_contains(written.client_ip, request.client_ip)) return false;
    const auto in_fields = [&](const FieldMatcher& matcher) {
        return matcher.matches_fields(request.fields);
    };
    if (!std::ranges::all_of(match.headers, in_fields)) return false;
    const auto in_query = [&](const FieldMatcher& matcher) {
        return matcher.matches_query(request.query, value_scratch_);
    };
    if (!std::ranges::all_of(match.query, in_query)) return false;
    if (match.negated.empty()) return true;
    RouteMatch ignored;  // what a negated regex finds is no group of the route
    return !matches(match.negated.front(), request, ignored);
}

bool RouteTable::matches_path(const CompiledMatch& match, std::string_view path, RouteMatch& result) {
    if (std::ranges::find(match.paths, path) != match.paths.end()) return true;
    for (const std::string& prefix : match.prefixes) {
        if (has_prefix(path, prefix)) return true;
    }
    for (const config::Regex& regex : match.match->regexes) {
        if (regex.matches_start(path, result.groups)) return true;
    }
    return false;
}

}  // namespace baton::route
