#include "server/tls/record_header.h"

namespace baton::tls {
namespace {

constexpr std::uint8_t major_version = 3;

bool is_content_type(std::uint8_t type) {
    return type >= static_cast<std::uint8_t>(ContentType::change_cipher_spec) &&
           type <= static_cast<std::uint8_t>(ContentType::application_data);
}

}  // namespace

Framed read_header(std::string_view bytes, RecordHeader& header) {
    const auto byte = [bytes](std::size_t i) { return static_cast<std::uint8_t>(bytes[i]); };
    if (!bytes.empty() && !is_content_type(byte(0))) return Framed::not_tls;
    if (bytes.size() >= 2 && byte(1) != major_version) return Framed::not_tls;
    if (bytes.size() < record_header_length) return Framed::need_more;
    header = {byte(0), record_header_length + (std::size_t{byte(3)} << 8 | byte(4))};
    return header.length > longest_record ? Framed::too_long : Framed::complete_header;
}

}  // namespace baton::tls
