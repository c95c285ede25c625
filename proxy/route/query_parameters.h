/// Reads the parameters of a query string (`a=1&b=two%20words`) one after the other.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace baton::route {

struct QueryParameter {
    std::string_view name;  ///< as sent
    std::string_view value;
};

/// Walks over a query string without allocating. Parameters end at `&`; one without `=` has an empty value.
class QueryParameters {
public:
    explicit QueryParameters(std::string_view query) : rest_(query) {}
    /// The next parameter, or nothing at the end. The views point into the query.
    std::optional<QueryParameter> next();

private:
    std::string_view rest_;
};

/// Decodes `%XX` and `+`; a `%` without two digits stays as it is. Views `text` when there is nothing to
/// decode, else `scratch`. The result may hold any byte: it is not fit for a field value as it stands.
std::string_view decode_parameter(std::string_view text, std::string& scratch);

/// The raw value of the first parameter called `name` (compared decoded); nothing when there is none.
std::optional<std::string_view> find_parameter(std::string_view query, std::string_view name,
                                               std::string& scratch);

}  // namespace baton::route
