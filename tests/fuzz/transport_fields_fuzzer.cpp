// The fields of a transport from a process that is not trusted: whatever is accepted is written again as the
// same connection, and its record layer works.
#include "server/tls/record_layer.h"
#include "tests/fuzz/pieces.h"
#include "tests/support/record_pair.h"
#include "upgrade/hand_over/transport_fields.h"

#include <optional>
#include <string>

using namespace baton;
using namespace baton::test;
using namespace baton::upgrade;

namespace {

/// The first field of that tag, found in the plainest way.
std::optional<std::string_view> first_of(std::string_view bytes, Tag tag) {
    const auto byte = [&](std::size_t at) { return std::uint32_t{static_cast<std::uint8_t>(bytes[at])}; };
    while (!bytes.empty()) {
        const std::uint32_t length = byte(2) | byte(3) << 8 | byte(4) << 16 | byte(5) << 24;
        if ((byte(0) | byte(1) << 8) == tag) return bytes.substr(6, length);
        bytes.remove_prefix(6 + std::size_t{length});
    }
    return std::nullopt;
}

/// Asks in an order that depends on the input, and for every tag twice.
void check_search(const FieldReader& fields, std::string_view bytes) {
    fuzz::Cuts order{static_cast<std::uint32_t>(bytes.size())};
    for (int i = 0; i < 64; ++i) {
        const auto tag = static_cast<Tag>(order.next() % 32 * (i % 2 == 0 ? 1 : 65));
        fuzz::require(fields.text(tag) == first_of(bytes, tag), "the first field of a tag is found");
    }
}

std::string write(const TransportState& state) {
    SecretBuffer buffer;
    FieldWriter writer{buffer};
    write_transport(writer, state);
    return std::string{buffer.view()};
}

void use(RecordWorld& world, tls::TlsState state) {
    fuzz::require(state.keys != nullptr, "an accepted connection has keys");
    const bool closed = state.keys->write_closed;
    const std::uint64_t sequence = state.keys->writing.sequence;
    RecordEnd end{world, std::move(state.keys), state.layer};
    const std::string record = end.seal("data");
    fuzz::require(!closed || record.empty(), "nothing is sealed behind close_notify");
    if (end.sealed() && end.layer.state().writing.sequence != 1)
        fuzz::require(end.layer.state().writing.sequence > sequence, "the sequence goes on");
    end.open(state.received);
    end.open(std::string("\x17\x03\x03\0\x20", 5) + std::string(32, 'x'));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static RecordWorld world;
    const std::string_view bytes = fuzz::text_of(data, size);
    const auto fields = FieldReader::over(bytes);
    if (!fields) return 0;
    check_search(*fields, bytes);
    auto state = read_transport(*fields, world.workspace.get());
    if (state) {
        const std::string written = write(*state);
        const auto again = FieldReader::over(written);
        fuzz::require(again.has_value(), "what is written is whole fields");
        const auto read = read_transport(*again, world.workspace.get());
        fuzz::require(read && write(*read) == written, "what is written is read back as it was");
        if (state->tls) use(world, std::move(*state->tls));
    }
    fuzz::require(!state || !state->tls || !state->tls->keys, "keys go where they are used");
    fuzz::require(world.workspace->keys.in_use() == 0, "no keys are left behind");
    return 0;
}
