/// One condition of a route on a header field or a query parameter, over all values that the request has for
/// it.
#pragma once

#include "config/config.h"
#include "proxy/http/heads.h"

#include <string>
#include <string_view>

namespace baton::route {

/// A client may repeat a field or a parameter, and whoever looks at the first value only can be led past a
/// rule by it. So `equals` and `regex` hold when any of the values does.
class FieldMatcher {
public:
    /// `condition` must outlive the matcher.
    explicit FieldMatcher(const config::FieldMatch& condition);

    /// Looks at every field line of the name. `equals` also holds for one member of a comma-separated list,
    /// because a list and repeated lines mean the same (RFC 9110 §5.3).
    bool matches_fields(const http::FieldList& fields) const;
    /// Looks at every parameter of the name, percent-decoded (`+` is a space) into `scratch` where needed.
    bool matches_query(std::string_view query, std::string& scratch) const;

private:
    bool matches_value(std::string_view value) const;

    const config::FieldMatch& condition_;
    http::FieldId id_;
};

}  // namespace baton::route
