/// Keyed AEAD contexts of the directions that were used last, so that an idle connection holds none: a
/// kilobyte saved for a key schedule of a few hundred nanoseconds when it wakes.
#pragma once

#include "server/tls/cipher_suite.h"
#include "server/tls/record_state.h"

#include <array>
#include <cstdint>
#include <memory>

struct evp_cipher_ctx_st;

namespace baton::tls {

enum class Use : std::uint8_t { seal, open };

/// One worker's contexts, found by the address of the keys: direct-mapped, the last user of a place owns it.
///
/// The contexts lie in OpenSSL's ordinary memory, not in KeyMemory: they are wiped when their connection ends
/// and bounded in number.
class CipherCache {
public:
    CipherCache();
    CipherCache(const CipherCache&) = delete;
    CipherCache& operator=(const CipherCache&) = delete;
    ~CipherCache();

    /// OpenSSL's context, keyed with `keys.key`; valid until the next call. Null when OpenSSL has no memory.
    evp_cipher_ctx_st* get(const TrafficKeys& keys, Aead aead, Use use);
    /// The keys at this address have changed or are going: their context is wiped.
    void forget(const TrafficKeys& keys);

private:
    struct Place;
    static constexpr std::size_t places = 128;
    using Places = std::array<Place, places>;

    Place& place_of(const TrafficKeys& keys, Use use);

    // By Use, so that a connection's two directions never meet.
    std::unique_ptr<std::array<Places, 2>> places_;
};

}  // namespace baton::tls
