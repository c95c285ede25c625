// A request head parses to the same result however it arrives, and to the same head once it has been written
// anew.
#include "proxy/http/http1_parser.h"
#include "proxy/http/http1_writer.h"
#include "tests/fuzz/pieces.h"

#include <string>
#include <vector>

using namespace baton;
using namespace baton::http;

namespace {

void require_same(const RequestHead& left, const RequestHead& right) {
    fuzz::require(
        left.method_text == right.method_text && left.path == right.path && left.query == right.query,
        "same line");
    fuzz::require(left.authority == right.authority && left.framing == right.framing,
                  "same authority and framing");
    fuzz::require(left.keep_alive == right.keep_alive, "same persistence");
    fuzz::require(left.fields.size() == right.fields.size(), "same number of fields");
    auto other = right.fields.begin();
    for (const Field& field : left.fields) {
        fuzz::require(field.name == other->name && field.value == other->value && field.id == other->id,
                      "same field");
        ++other;
    }
}

void require_valid(const RequestHead& head, std::string_view text) {
    fuzz::require(head.size <= text.size() && text.substr(0, head.size).ends_with("\r\n\r\n"),
                  "ends with an empty line");
    for (const Field& field : head.fields) {
        fuzz::require(field.name.find_first_of(" \t\r\n:") == std::string_view::npos && !field.name.empty(),
                      "name");
        fuzz::require(field.value.find_first_of(std::string_view{"\r\n\0", 3}) == std::string_view::npos,
                      "value");
    }
}

void require_round_trip(const RequestHead& head, const HeadLimits& limits) {
    if (head.form != TargetForm::origin || head.minor_version != 1) return;
    BlockPool pool;
    ByteQueue out{pool};
    HeadWriter writer{out};
    writer.request_line(head.method_text, head.path, head.query, head.has_query);
    for (const Field& field : head.fields) writer.field(field.name, field.value);
    writer.end();
    const std::string written = out.to_string();
    RequestHead again;
    HeadLimits roomier = limits;  // a written line may have a space that the received one had not
    roomier.fields += 2 * limits.count;
    fuzz::require(RequestParser{}.parse(written, again, roomier).status == ParseStatus::complete,
                  "written head parses");
    fuzz::require(again.size == written.size(), "nothing follows the written head");
    require_same(head, again);
}

void check(std::string_view text, const HeadLimits& limits) {
    RequestHead whole;
    const ParseResult result = RequestParser{}.parse(text, whole, limits);
    RequestParser parser;
    RequestHead head;
    ParseResult in_pieces{ParseStatus::need_more};
    std::vector<char> arrived;  // moves, and has nothing readable behind it
    fuzz::grow_in_pieces(text, static_cast<std::uint32_t>(text.size()), [&](std::string_view so_far) {
        arrived = std::vector<char>{so_far.begin(), so_far.end()};
        in_pieces = parser.parse({arrived.data(), arrived.size()}, head, limits);
        return in_pieces.status == ParseStatus::need_more;
    });
    fuzz::require(result.status == in_pieces.status && result.rejection == in_pieces.rejection,
                  "split invariance");
    if (result.status != ParseStatus::complete) return;
    fuzz::require(head.size == whole.size, "same size");
    require_same(whole, head);
    require_valid(whole, text);
    require_round_trip(whole, limits);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    check(fuzz::text_of(data, size), {});
    check(fuzz::text_of(data, size), {40, 80, 4});
    return 0;
}
