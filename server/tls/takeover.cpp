#include "server/tls/takeover.h"

#include "server/tls/key_schedule.h"
#include "server/tls/record_protection.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>

namespace baton::tls {
namespace {

struct KdfFree {
    void operator()(EVP_KDF* kdf) const { EVP_KDF_free(kdf); }
    void operator()(EVP_KDF_CTX* context) const { EVP_KDF_CTX_free(context); }
};

/// Two keys and two fixed nonces.
constexpr std::size_t longest_key_block = std::size_t{2} * (32 + 12);

OSSL_PARAM octets(const char* name, std::span<const std::uint8_t> bytes) {
    return OSSL_PARAM_construct_octet_string(name, const_cast<std::uint8_t*>(bytes.data()), bytes.size());
}

/// The PRF of TLS 1.2 with the label "key expansion" (RFC 5246 §6.3).
bool expand_key_block(const CipherSuite& suite, const MasterSecret& master, std::span<std::uint8_t> block) {
    static const std::unique_ptr<EVP_KDF, KdfFree> prf{EVP_KDF_fetch(nullptr, "TLS1-PRF", nullptr)};
    if (!prf) return false;
    const std::unique_ptr<EVP_KDF_CTX, KdfFree> context{EVP_KDF_CTX_new(prf.get())};
    if (!context) return false;
    // The seeds are put one behind the other.
    static constexpr std::string_view label = "key expansion";
    char digest[] = "SHA256";
    char longer_digest[] = "SHA384";
    const OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST,
                                         suite.hash == Hash::sha256 ? digest : longer_digest, 0),
        octets(OSSL_KDF_PARAM_SECRET, master.secret),
        octets(OSSL_KDF_PARAM_SEED, {reinterpret_cast<const std::uint8_t*>(label.data()), label.size()}),
        octets(OSSL_KDF_PARAM_SEED, master.server_random),
        octets(OSSL_KDF_PARAM_SEED, master.client_random),
        OSSL_PARAM_construct_end(),
    };
    return EVP_KDF_derive(context.get(), block.data(), block.size(), parameters) == 1;
}

/// Opens `record` with the keys and the sequence before the present one.
bool opens(Workspace& workspace, const CipherSuite& suite, const TrafficKeys& keys, std::string_view record) {
    if (keys.sequence == 0) return true;
    // The copy of the keys belongs into locked memory as well.
    const HeldKeys cell = workspace.keys.take();
    if (!cell || record.empty()) return false;
    cell->reading = keys;
    --cell->reading.sequence;
    std::string plaintext(record.size(), '\0');
    workspace.ciphers.forget(cell->reading);
    EVP_CIPHER_CTX* const context = workspace.ciphers.get(cell->reading, suite.aead, Use::open);
    const bool good = open_record(context, suite, cell->reading, record, plaintext.data()).has_value();
    workspace.ciphers.forget(cell->reading);
    OPENSSL_cleanse(plaintext.data(), plaintext.size());
    return good;
}

}  // namespace

bool has_secrets(const RecordState& state) {
    const auto is_filled_in = [](const TrafficKeys& keys) {
        return std::ranges::any_of(keys.secret, [](std::uint8_t byte) { return byte != 0; });
    };
    return is_filled_in(state.reading) && is_filled_in(state.writing);
}

bool derive_keys(const CipherSuite& suite, RecordState& state) {
    for (TrafficKeys* const keys : {&state.reading, &state.writing}) {
        const std::uint64_t sequence = keys->sequence;
        if (!derive_traffic_keys(suite, *keys)) return false;
        keys->sequence = sequence;
    }
    return true;
}

bool derive_keys(const CipherSuite& suite, const MasterSecret& master, RecordState& state) {
    std::array<std::uint8_t, longest_key_block> memory;
    const std::size_t key = suite.key_length();
    const std::size_t iv = suite.fixed_nonce_length();
    const std::span block{memory.data(), 2 * (key + iv)};
    const bool good = expand_key_block(suite, master, block);
    if (good) {
        TrafficKeys& client = state.role == Role::client ? state.writing : state.reading;
        TrafficKeys& server = state.role == Role::client ? state.reading : state.writing;
        std::memcpy(client.key.data(), block.data(), key);
        std::memcpy(server.key.data(), block.data() + key, key);
        std::memcpy(client.iv.data(), block.data() + 2 * key, iv);
        std::memcpy(server.iv.data(), block.data() + 2 * key + iv, iv);
    }
    OPENSSL_cleanse(memory.data(), memory.size());
    return good;
}

bool self_check(Workspace& workspace, const CipherSuite& suite, const RecordState& state,
                const LastRecords& last) {
    return opens(workspace, suite, state.reading, last.read) &&
           opens(workspace, suite, state.writing, last.written);
}

void continue_explicit_nonce(const CipherSuite& suite, std::string_view last_written, RecordState& state) {
    constexpr std::size_t length = 8;
    if (!suite.has_explicit_nonce() || last_written.size() < record_header_length + length) return;
    std::uint64_t nonce = 0;
    for (std::size_t i = 0; i < length; ++i)
        nonce = nonce << 8 | static_cast<std::uint8_t>(last_written[record_header_length + i]);
    state.writing.explicit_nonce = nonce + 1;
}

}  // namespace baton::tls
