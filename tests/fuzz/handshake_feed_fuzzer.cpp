// Whatever a client sends instead of a handshake is framed, refused or waited for in the same way however it
// arrives, and nothing of it stays.
#include "server/shared/ticket_key_ring.h"
#include "server/tls/handshake.h"
#include "server/tls/material.h"
#include "server/tls/record_header.h"
#include "tests/fuzz/pieces.h"
#include "tests/support/tls_certificates.h"

#include <memory>
#include <string>

using namespace baton;
using tls::Handshake;

namespace {

/// A listener with two certificates, one of them for a wildcard, and no clients yet.
struct Listener {
    Listener() {
        config->listeners.resize(1);
        config->listeners[0].tls = true;
        config->hosts.emplace_back().names = {"a.example", "*.b.example"};
        material->client_authority.resize(1);
        material->certificates = std::make_shared<tls::CertificateStore>(
            std::vector{test::load({.names = "DNS:a.example"}), test::load({.names = "DNS:*.b.example"})},
            "");
        context = std::move(*tls::ServerContext::create(config, 0, material, tickets));
    }
    std::unique_ptr<shared::WorkerSlot> slot = std::make_unique<shared::WorkerSlot>();
    tls::Workspace workspace{*slot};
    BlockPool blocks;
    shared::TicketKeyRing ring;
    tls::SessionTickets tickets{ring};
    std::shared_ptr<config::Config> config = std::make_shared<config::Config>();
    std::shared_ptr<tls::Material> material = std::make_shared<tls::Material>();
    std::unique_ptr<tls::ServerContext> context;
};

struct Outcome {
    Handshake::Status status = Handshake::Status::need_more;
    tls::HandshakeFault fault{};
    std::size_t consumed = 0;
    bool answered = false;
    friend bool operator==(const Outcome&, const Outcome&) = default;
};

Outcome feed(Listener& listener, std::string_view text, std::uint32_t seed) {
    const auto handshake = Handshake::accept(listener.workspace, *listener.context);
    ByteQueue output{listener.blocks};
    Outcome outcome;
    fuzz::Cuts cuts{seed};
    std::size_t arrived = 0;
    do {
        arrived = seed == 0 ? text.size() : std::min(text.size(), arrived + cuts.next());
        for (bool moved = true; moved && outcome.status == Handshake::Status::need_more;) {
            const std::string_view input = text.substr(outcome.consumed, arrived - outcome.consumed);
            const Handshake::Progress progress = handshake->feed(input, output);
            fuzz::require(progress.consumed <= input.size(), "only what is there is consumed");
            outcome.status = progress.status;
            outcome.consumed += progress.consumed;
            moved = progress.consumed > 0;
        }
    } while (outcome.status == Handshake::Status::need_more && arrived < text.size());
    fuzz::require(outcome.status != Handshake::Status::done, "nobody gets in without the server's part");
    if (outcome.status == Handshake::Status::failed) outcome.fault = handshake->failure().fault;
    outcome.answered = !output.empty();
    return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static Listener listener;
    const std::string_view text = fuzz::text_of(data, size);
    const Outcome whole = feed(listener, text, 0);
    const Outcome pieces = feed(listener, text, static_cast<std::uint32_t>(size) + 1);
    fuzz::require(whole == pieces, "split invariance");
    fuzz::require(whole.fault != tls::HandshakeFault::internal, "a client cannot make us fail");
    fuzz::require(listener.workspace.keys.in_use() == 0, "keys are given back");
    fuzz::require(listener.blocks.in_use() == 0, "blocks are given back");
    return 0;
}
