#include "config/assembly.h"

#include <algorithm>

namespace baton::config {
namespace {

/// Whether every item of `inner` fulfils `taken` for some item of `outer`. An empty `outer` takes everything;
/// an empty `inner` is everything.
template <class T, class Taken>
bool each_taken(const std::vector<T>& inner, const std::vector<T>& outer, Taken taken) {
    if (outer.empty()) return true;
    if (inner.empty()) return false;
    return std::all_of(inner.begin(), inner.end(), [&](const T& item) {
        return std::any_of(outer.begin(), outer.end(), [&](const T& other) { return taken(item, other); });
    });
}

/// Whether `path` is `prefix` or lies below it, on a segment border.
bool below(const std::string& path, const std::string& prefix) {
    if (!path.starts_with(prefix)) return false;
    return path.size() == prefix.size() || prefix.ends_with('/') || path[prefix.size()] == '/';
}

bool same_condition(const FieldMatch& a, const FieldMatch& b) {
    return a.kind == b.kind && a.name == b.name && a.value == b.value;
}

/// Whether all conditions of `outer` are among those of `inner`.
bool conditions_taken(const std::vector<FieldMatch>& inner, const std::vector<FieldMatch>& outer) {
    return std::all_of(outer.begin(), outer.end(), [&](const FieldMatch& condition) {
        return std::any_of(inner.begin(), inner.end(),
                           [&](const FieldMatch& other) { return same_condition(condition, other); });
    });
}

/// Whether whatever `later` matches is surely matched by `earlier`. Says no when in doubt.
bool takes_everything_of(const Match& earlier, const Match& later) {
    if (earlier.negated) return false;
    const auto equal = [](const std::string& a, const std::string& b) { return a == b; };
    if (!each_taken(later.paths, earlier.paths, equal)) return false;
    const bool prefixes_taken = each_taken(later.prefixes, earlier.prefixes, below) ||
                                each_taken(later.paths, earlier.prefixes, below);
    const bool regexes_taken = each_taken(later.regexes, earlier.regexes, [](const Regex& a, const Regex& b) {
        return a.pattern() == b.pattern();
    });
    const bool addresses_taken = each_taken(later.client_ip, earlier.client_ip,
                                            [](const Cidr& a, const Cidr& b) { return b.contains(a); });
    return prefixes_taken && regexes_taken && addresses_taken &&
           each_taken(later.methods, earlier.methods, equal) &&
           conditions_taken(later.headers, earlier.headers) && conditions_taken(later.query, earlier.query);
}

}  // namespace

void warn_unreachable(Report& report, const std::vector<RouteDraft>& routes) {
    for (std::size_t later = 1; later < routes.size(); ++later) {
        const RouteDraft& draft = routes[later];
        if (draft.flawed) continue;
        const auto end = routes.begin() + static_cast<std::ptrdiff_t>(later);
        const auto earlier = std::find_if(routes.begin(), end, [&](const RouteDraft& each) {
            return !each.flawed && takes_everything_of(each.route.match, draft.route.match);
        });
        if (earlier == end) continue;
        Place place = draft.node->place;
        place.end_column = place.column + 1;
        const Origin& first = earlier->route.origin;
        report
            .warning("W-UNREACHABLE", place, draft.path, "route `" + draft.route.name + "` can never match",
                     "the route at line " + std::to_string(first.line) + " takes everything before it")
            .related.push_back({first.file, first.line});
    }
}

}  // namespace baton::config
