// A frame cursor sees the same frames however they arrive. The first byte chooses the sender and the limit.
#include "proxy/websocket/frame_cursor.h"
#include "tests/fuzz/pieces.h"

#include <array>

using namespace baton;
using namespace baton::websocket;

namespace {

bool failed(CursorStatus status) {
    return status == CursorStatus::protocol_error || status == CursorStatus::frame_too_large;
}

void require_same(const FrameCursor& left, const FrameCursor& right) {
    fuzz::require(left.frames() == right.frames() && left.messages() == right.messages(), "same frames");
    fuzz::require(left.close_code() == right.close_code(), "same close code");
    fuzz::require(left.saw_life() == right.saw_life() && left.saw_data() == right.saw_data(), "same life");
}

void check(Sender sender, std::uint64_t limit, std::string_view text) {
    FrameCursor whole{sender, limit}, pieces{sender, limit};
    const CursorStatus status = whole.pass(text);
    fuzz::require(whole.passed() <= text.size(), "passes no more than there is");
    fuzz::require(failed(status) || whole.passed() == text.size(), "passes everything that is good");
    CursorStatus in_pieces = CursorStatus::ok;
    std::size_t seen = 0;
    fuzz::grow_in_pieces(text, static_cast<std::uint32_t>(text.size()), [&](std::string_view so_far) {
        in_pieces = pieces.pass(so_far.substr(seen));
        seen = so_far.size();
        return !failed(in_pieces);
    });
    fuzz::require(status == in_pieces, "split invariance");
    require_same(whole, pieces);
    if (failed(status)) return;
    fuzz::require(whole.between_frames() == pieces.between_frames(), "same place");
    if (status != CursorStatus::ok || !whole.between_frames()) return;
    std::array<char, 139> ping{};
    const std::size_t size = write_ping(ping.data(), sender, "still there?");
    fuzz::require(whole.pass({ping.data(), size}) == CursorStatus::ok && whole.between_frames(),
                  "a ping fits in");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const Sender sender = (data[0] & 1) != 0 ? Sender::client : Sender::server;
    const std::uint64_t limit = (data[0] & 2) != 0 ? 1000 : UINT64_MAX;
    check(sender, limit, fuzz::text_of(data + 1, size - 1));
    return 0;
}
