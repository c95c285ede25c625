/// Finds how far a scalar reaches in the YAML text, which yaml-cpp does not tell.
#pragma once

#include <cstddef>
#include <string_view>

namespace baton::config {

struct ScalarExtent {
    std::size_t skipped = 0;  ///< bytes of anchor and tag before the scalar, on the same line
    std::size_t length = 1;   ///< bytes on its first line, quotes included
    bool closed =
        true;  ///< false: an opening quote without its end (yaml-cpp 0.7 accepts that at the end of a file)
};

/// `offset` is where yaml-cpp saw the scalar in `text`, `value` its parsed value; `quoted` says that it is
/// not plain.
ScalarExtent find_scalar_extent(std::string_view text, std::size_t offset, std::string_view value,
                                bool quoted);

}  // namespace baton::config
