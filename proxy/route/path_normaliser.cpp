#include "proxy/route/path_normaliser.h"

#include "proxy/route/percent_encoding.h"

#include <array>
#include <string>

namespace baton::route {

namespace {

// Bytes that make a path worth a closer look.
constexpr std::array<bool, 256> noteworthy = [] {
    std::array<bool, 256> table{};
    for (const unsigned char byte : {'%', '\\', '.', '\0'}) table[byte] = true;
    return table;
}();

enum class Look : std::uint8_t { normal, ambiguous, needs_work };

// A dot needs work only where a segment begins; `/index.html` is normal.
Look look_at(std::string_view path) {
    Look look = Look::normal;
    for (std::size_t i = 0; i < path.size(); ++i) {
        const char byte = path[i];
        if (!noteworthy[static_cast<unsigned char>(byte)]) continue;
        if (byte == '\\') {
            look = Look::ambiguous;
        } else if (byte != '.' || path[i - 1] == '/') {  // the first byte is a slash
            return Look::needs_work;
        }
    }
    return look;
}

// Copies the path with every escape in its one normal form.
PathFault decode(std::string_view path, std::string& out, bool& ambiguous_separator) {
    for (std::size_t i = 0; i < path.size(); ++i) {
        if (path[i] == '\0') return PathFault::nul;
        if (path[i] == '\\') ambiguous_separator = true;
        if (path[i] != '%') {
            out += path[i];
            continue;
        }
        const int byte = escaped_byte(path, i);
        if (byte < 0) return PathFault::bad_escape;
        if (byte == 0) return PathFault::nul;
        if (byte == '/' || byte == '\\') ambiguous_separator = true;
        if (is_unreserved(byte)) {
            out += static_cast<char>(byte);
        } else {
            append_escape(out, byte);
        }
        i += 2;
    }
    return PathFault::none;
}

// Removes `.` and `..` segments in place (RFC 3986 §5.2.4), except that climbing above the root is a fault.
PathFault remove_dot_segments(std::string& path) {
    std::size_t kept = 0;  // path[0, kept) is final and ends before a slash
    std::size_t at = 0;    // of the slash that begins the segment looked at
    while (at < path.size()) {
        std::size_t end = path.find('/', at + 1);
        if (end == std::string::npos) end = path.size();
        const std::string_view segment{path.data() + at + 1, end - at - 1};
        const bool is_last = end == path.size();
        if (segment == "." || segment == "..") {
            if (segment == "..") {
                if (kept == 0) return PathFault::above_root;
                kept = path.rfind('/', kept - 1);
            }
            if (is_last) path[kept++] = '/';  // `/a/.` is the folder `/a/`
        } else {
            std::char_traits<char>::move(path.data() + kept, path.data() + at, end - at);
            kept += end - at;
        }
        at = end;
    }
    path.resize(kept);
    return PathFault::none;
}

}  // namespace

std::string_view to_string(PathFault fault) {
    switch (fault) {
        case PathFault::none: return "none";
        case PathFault::not_absolute: return "path_not_absolute";
        case PathFault::bad_escape: return "bad_percent_escape";
        case PathFault::nul: return "nul_in_path";
        case PathFault::above_root: return "path_above_root";
    }
    return "";
}

NormalisedPath normalise_path(std::string_view path, std::string& scratch) {
    if (path == "*") return {path};  // OPTIONS * (RFC 9112 §3.2.4)
    if (path.empty() || path.front() != '/') return {path, PathFault::not_absolute};
    const Look look = look_at(path);
    if (look != Look::needs_work) return {path, PathFault::none, look == Look::ambiguous};

    NormalisedPath result;
    scratch.clear();
    result.fault = decode(path, scratch, result.ambiguous_separator);
    if (result.fault == PathFault::none) result.fault = remove_dot_segments(scratch);
    result.path = scratch;
    return result;
}

}  // namespace baton::route
