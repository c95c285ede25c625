/// Brings a request's path into the one form that is both routed on and forwarded (RFC 3986 §6.2.2).
///
/// Percent-encoded unreserved characters are decoded, once; other escapes keep their bytes and get upper-case
/// digits; dot segments are removed. Empty segments stay: `//` is not `/`. The result normalised again is
/// itself.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace baton::route {

/// Why a path is refused with 400.
enum class PathFault : std::uint8_t {
    none,
    not_absolute,  ///< does not begin with `/` (and is not `*`)
    bad_escape,    ///< `%` without two hexadecimal digits
    nul,           ///< `%00`, or the byte itself
    above_root,    ///< `..` climbs out of `/`
};
std::string_view to_string(PathFault fault);

struct NormalisedPath {
    std::string_view path;  ///< views the input when it was normal already, else the scratch
    PathFault fault = PathFault::none;
    /// The path has `%2F`, `%5C` or a raw backslash: servers disagree about whether these separate segments,
    /// so that a route that depends on the path cannot be trusted with it.
    bool ambiguous_separator = false;
};

/// Normalises `path` (no query). `scratch` keeps its capacity from call to call; its content lives until the
/// next one.
NormalisedPath normalise_path(std::string_view path, std::string& scratch);

}  // namespace baton::route
