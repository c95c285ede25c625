#include "upgrade/hand_over/transport_fields.h"

#include "upgrade/hand_over/address_fields.h"
#include "upgrade/hand_over/tls_fields.h"

namespace baton::upgrade {

void write_transport(FieldWriter& fields, const TransportState& state) {
    write_address(fields, transport_tag::peer, state.peer);
    if (!state.tls) return;
    fields.group(transport_tag::tls, [&] { write_tls(fields, *state.tls); });
}

tl::expected<TransportState, Refusal> read_transport(const FieldReader& fields, tls::Workspace* workspace) {
    const auto peer = read_address(fields, transport_tag::peer);
    if (!peer) return tl::unexpected(Refusal::malformed);
    if (!fields.text(transport_tag::tls)) return TransportState{*peer, std::nullopt};
    if (workspace == nullptr) return tl::unexpected(Refusal::unsupported);
    const auto group = fields.group(transport_tag::tls);
    if (!group) return tl::unexpected(Refusal::malformed);
    auto tls = read_tls(*group, workspace->keys);
    if (!tls) return tl::unexpected(tls.error());
    return TransportState{*peer, std::move(*tls)};
}

}  // namespace baton::upgrade
