/// What OpenSSL gives back to the system's heap: wiped where keys have passed through it. OpenSSL wipes some
/// secrets itself, but neither the encoded keys that it reads, nor the sessions in tickets, nor the traffic
/// secrets of TLS 1.3.
#pragma once

namespace baton::tls {

/// Makes `WipeFreedMemory` possible. To be called before anything else of OpenSSL; says false, and changes
/// nothing, when it is too late.
bool prepare_to_wipe_freed_memory();

/// While one lives, OpenSSL wipes memory before it gives it back. Not all the time: of a handshake that would
/// be a hundred kilobytes.
class WipeFreedMemory {
public:
    WipeFreedMemory();
    WipeFreedMemory(const WipeFreedMemory&) = delete;
    WipeFreedMemory& operator=(const WipeFreedMemory&) = delete;
    ~WipeFreedMemory();
};

}  // namespace baton::tls
