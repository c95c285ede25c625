// A response head parses to the same result however it arrives. The first byte chooses the method of the
// request.
#include "proxy/http/http1_parser.h"
#include "tests/fuzz/pieces.h"

#include <vector>

using namespace baton;
using namespace baton::http;

namespace {

void require_valid(const ResponseHead& head, std::string_view text) {
    fuzz::require(head.status >= 100 && head.status <= 599, "status in range");
    fuzz::require(head.size <= text.size() && text.substr(0, head.size).ends_with("\r\n\r\n"),
                  "ends with an empty line");
    if (head.status < 200 || head.status == 204 || head.status == 304)
        fuzz::require(head.framing.kind == Framing::none, "no body where there can be none");
    if (head.framing.kind == Framing::until_close) fuzz::require(!head.keep_alive, "not kept after a close");
    const bool both = head.fields.has(FieldId::content_length) && head.fields.has(FieldId::transfer_encoding);
    fuzz::require(!both, "never two framings");
}

void check(std::string_view text, Method method, const HeadLimits& limits) {
    ResponseHead whole;
    const ParseResult result = ResponseParser{}.parse(text, whole, limits, method);
    ResponseParser parser;
    ResponseHead head;
    ParseResult in_pieces{ParseStatus::need_more};
    std::vector<char> arrived;
    fuzz::grow_in_pieces(text, static_cast<std::uint32_t>(text.size()), [&](std::string_view so_far) {
        arrived = std::vector<char>{so_far.begin(), so_far.end()};
        in_pieces = parser.parse({arrived.data(), arrived.size()}, head, limits, method);
        return in_pieces.status == ParseStatus::need_more;
    });
    fuzz::require(result.status == in_pieces.status && result.rejection == in_pieces.rejection,
                  "split invariance");
    if (result.status != ParseStatus::complete) return;
    fuzz::require(head.size == whole.size && head.framing == whole.framing && head.status == whole.status &&
                      head.reason == whole.reason && head.fields.size() == whole.fields.size(),
                  "same head");
    require_valid(whole, text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const Method method = data[0] % 3 == 0 ? Method::get : data[0] % 3 == 1 ? Method::head : Method::connect;
    const std::string_view text = fuzz::text_of(data + 1, size - 1);
    check(text, method, {});
    check(text, method, {40, 80, 4});
    return 0;
}
