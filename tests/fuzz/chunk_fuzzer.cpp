// A chunked body gives the same content however it arrives, and content survives being chunked in any pieces.
#include "proxy/http/http1_body_reader.h"
#include "proxy/http/http1_writer.h"
#include "proxy/http/trailers.h"
#include "tests/fuzz/pieces.h"

#include <string>

using namespace baton;
using namespace baton::http;

namespace {

struct Outcome {
    BodyStatus status = BodyStatus::more;
    Rejection rejection{};
    std::string content, trailers, behind;
    friend bool operator==(const Outcome&, const Outcome&) = default;
};

void put(ReceiveBuffer& buffer, std::string_view bytes) {
    while (!bytes.empty()) {
        const auto room = buffer.prepare();
        const std::size_t taken = std::min(room.size(), bytes.size());
        bytes.copy(room.data(), taken);
        buffer.commit(taken);
        bytes.remove_prefix(taken);
    }
}

/// Reads `text` that arrives in pieces of a seed; seed 0 brings it at once.
Outcome read(std::string_view text, std::uint32_t seed) {
    BlockPool pool;
    ReceiveBuffer from{pool};
    ByteQueue to{pool};
    Http1BodyReader reader{{Framing::chunked, 0}, TrailerMode::keep};
    fuzz::Cuts cuts{seed};
    Outcome outcome;
    std::size_t arrived = 0;
    do {
        const std::size_t piece = seed == 0 ? text.size() : std::min(text.size() - arrived, cuts.next());
        put(from, text.substr(arrived, piece));
        arrived += piece;
        BodyProgress progress{};
        do {
            progress = reader.read(from, to, seed == 0 ? SIZE_MAX : cuts.next());
            fuzz::require(reader.received() == to.size(), "content is counted");
        } while (progress.status == BodyStatus::more && progress.content > 0);
        outcome.status = progress.status;
        outcome.rejection = progress.rejection;
    } while (outcome.status == BodyStatus::more && arrived < text.size());
    outcome.content = to.to_string();
    outcome.trailers = std::string{reader.trailers()};
    if (outcome.status == BodyStatus::complete)
        outcome.behind = std::string{from.data()} + std::string{text.substr(arrived)};
    return outcome;
}

void check_split_invariance(std::string_view text) {
    const Outcome whole = read(text, 0);
    const Outcome pieces = read(text, static_cast<std::uint32_t>(text.size()) + 1);
    fuzz::require(whole == pieces, "split invariance");
    FieldList trailers;
    const ParseResult parsed = parse_trailers(whole.trailers, trailers);
    if (whole.status == BodyStatus::complete && trailers.size() < HeadLimits{}.count)
        fuzz::require(parsed.status == ParseStatus::complete, "kept trailers parse");
}

void check_round_trip(std::string_view content) {
    BlockPool pool;
    ByteQueue out{pool};
    fuzz::Cuts cuts{static_cast<std::uint32_t>(content.size())};
    for (std::size_t at = 0; at < content.size();) {
        const std::size_t piece = std::min(content.size() - at, cuts.next());
        ByteQueue chunk{pool};
        chunk.append(content.substr(at, piece));
        write_chunk(out, std::move(chunk));
        at += piece;
    }
    write_last_chunk(out);
    const Outcome back = read(out.to_string(), 7);
    fuzz::require(back.status == BodyStatus::complete && back.content == content && back.behind.empty(),
                  "round trip");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    check_split_invariance(fuzz::text_of(data, size));
    check_round_trip(fuzz::text_of(data, size));
    return 0;
}
