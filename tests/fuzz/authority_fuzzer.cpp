/// Any authority: what the parser lets in can be taken apart, and putting it together again changes nothing.
#include "proxy/http/client_address.h"
#include "proxy/http/host_name.h"
#include "proxy/route/authority.h"
#include "server/assert.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

using namespace baton;

namespace {

void check_authority(std::string_view input) {
    const auto authority = route::parse_authority(input);
    ASSERT(authority || !http::is_authority(input));
    if (!authority) return;
    ASSERT(!authority->host.empty() &&
           authority->host.find_first_of("/@ \r\n?#\\\"") == std::string_view::npos);
    std::string again(authority->host);
    if (authority->port != 0) again += ":" + std::to_string(authority->port);
    const auto parsed_again = route::parse_authority(again);
    ASSERT(parsed_again && parsed_again->host == authority->host && parsed_again->port == authority->port);

    std::string scratch, second_scratch;
    const std::string_view comparable = route::comparable_host(authority->host, scratch);
    for (const char c : comparable) ASSERT(c < 'A' || c > 'Z');
    std::string capitals(comparable);
    for (char& c : capitals) c = c >= 'a' && c <= 'z' ? static_cast<char>(c & ~0x20) : c;
    if (!comparable.ends_with('.')) ASSERT(route::comparable_host(capitals, second_scratch) == comparable);
}

// The addresses of X-Forwarded-For are read from the same kind of text.
void check_address(std::string_view input) {
    const auto address = http::PartyAddress::parse(input);
    if (!address) return;
    ASSERT(address->is_ip());
    const auto again = http::PartyAddress::parse(address->text());
    ASSERT(again && *again == *address);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    check_authority(input);
    check_address(input);
    return 0;
}
