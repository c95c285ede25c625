#include "server/tls/server_name.h"

#include <cstdint>

namespace baton::tls {
namespace {

constexpr std::size_t longest_name = 255;
constexpr std::uint8_t host_name_type = 0;

/// Takes a number of two bytes off the front.
bool take_length(std::string_view& bytes, std::size_t& length) {
    if (bytes.size() < 2) return false;
    length = std::size_t{static_cast<std::uint8_t>(bytes[0])} << 8 | static_cast<std::uint8_t>(bytes[1]);
    bytes.remove_prefix(2);
    return true;
}

/// In lower case; 0 for what cannot be in a name. A NUL or a slash would mean something else to others.
char in_name(char c) {
    if (c >= 'A' && c <= 'Z') return static_cast<char>(c - 'A' + 'a');
    const bool allowed = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
    return allowed ? c : '\0';
}

}  // namespace

tl::expected<std::string, Alert> read_server_name(std::string_view extension) {
    std::size_t length = 0;
    if (!take_length(extension, length) || length != extension.size() || extension.empty() ||
        static_cast<std::uint8_t>(extension.front()) != host_name_type)
        return tl::unexpected(Alert::decode_error);
    extension.remove_prefix(1);
    // One name of each type, and there is only one type.
    if (!take_length(extension, length) || length != extension.size() || extension.empty())
        return tl::unexpected(Alert::decode_error);
    if (extension.ends_with('.')) extension.remove_suffix(1);
    if (extension.empty() || extension.size() > longest_name) return tl::unexpected(Alert::unrecognized_name);
    std::string name;
    name.reserve(extension.size());
    for (const char c : extension) {
        name += in_name(c);
        if (name.back() == '\0') return tl::unexpected(Alert::unrecognized_name);
    }
    return name;
}

}  // namespace baton::tls
