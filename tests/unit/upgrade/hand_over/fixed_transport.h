/// A transport whose every field has a value of its own and the same one in every run.
#pragma once

#include "server/net/transport_state.h"
#include "tests/support/record_pair.h"

#include <memory>

namespace baton::test {

/// With half a message under way, and with the certificate of a client.
inline TransportState fixed_transport(tls::Workspace& workspace, std::uint16_t suite,
                                      Role role = Role::server) {
    using namespace std::literals;
    tls::TlsState state;
    state.keys = made_up_keys(workspace, suite, role);
    state.keys->longest_plaintext = 4096;
    state.keys->reading.sequence = 0x102030405060708;
    state.keys->writing.sequence = 0x10203;
    state.keys->writing.explicit_nonce =
        tls::find_suite(suite)->has_explicit_nonce() ? 0xf0e0d0c0b0a09080 : 0;
    state.layer = {123'456'789, 54'321, 7, {}, true};
    const bool is_tls_1_3 = tls::find_suite(suite)->version == Version::tls_1_3;
    // From a client a KeyUpdate or a ClientHello, from a server a ticket or a HelloRequest that lacks a byte.
    const auto partial = role == Role::server
                             ? (is_tls_1_3 ? tls::MessageReader::Partial{{24, 0, 0, 1}, 4, 0, 0}
                                           : tls::MessageReader::Partial{{1, 0, 1, 0}, 4, 3, 200})
                             : (is_tls_1_3 ? tls::MessageReader::Partial{{4, 0, 1, 0}, 4, 9, 100}
                                           : tls::MessageReader::Partial{{0, 0, 0, 0}, 3, 0, 0});
    state.layer.messages = *tls::MessageReader::resume(partial, tls::find_suite(suite)->version,
                                                       role == Role::server ? Role::client : Role::server);
    state.info = {tls::find_suite(suite)->version, suite, true, "a.example",
                  std::make_unique<const tls::ClientCertificate>(tls::ClientCertificate{
                      "CN=client", "CN=authority", "0A1B", "00ff", "\x30\x03\x02\x01\x05", -2})};
    state.received = "\x17\x03\x03\x40\0half"s;
    state.sealed = "\x17\x03\x03\0\x04seal"s;
    return {*Address::ip("2001:db8::1", 50123), std::move(state)};
}

}  // namespace baton::test
