#include "server/tls/key_schedule.h"

#include "server/assert.h"
#include "server/tls/hmac.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <array>

namespace baton::tls {

bool expand_label(Hash hash, std::span<const std::uint8_t> secret, std::string_view label,
                  std::span<const std::uint8_t> context, std::span<std::uint8_t> out) {
    ASSERT(label.size() <= longest_label && context.size() <= longest_hash && out.size() <= length_of(hash));
    // The HkdfLabel, then the counter of HKDF-Expand, of which one round is enough (RFC 5869 §2.3).
    std::array<std::uint8_t, 2 + 1 + label_prefix.size() + longest_label + 1 + longest_hash + 1> info;
    auto* at = info.data();
    *at++ = 0;
    *at++ = static_cast<std::uint8_t>(out.size());
    *at++ = static_cast<std::uint8_t>(label_prefix.size() + label.size());
    at = std::ranges::copy(label_prefix, at).out;
    at = std::ranges::copy(label, at).out;
    *at++ = static_cast<std::uint8_t>(context.size());
    at = std::ranges::copy(context, at).out;
    *at++ = 1;
    std::array<std::uint8_t, longest_hash> round;
    const bool good = hmac(hash, secret, {info.data(), at}, {round.data(), length_of(hash)});
    if (good) std::copy_n(round.data(), out.size(), out.data());
    OPENSSL_cleanse(round.data(), round.size());
    return good;
}

bool extract_secret(Hash hash, std::span<const std::uint8_t> previous, std::span<const std::uint8_t> input,
                    std::span<std::uint8_t> out) {
    constexpr std::array<std::uint8_t, longest_hash> zeros{};
    const std::span no_input{zeros.data(), length_of(hash)};
    std::array<std::uint8_t, longest_hash> memory{};
    const std::span salt{memory.data(), length_of(hash)};
    const bool good = (previous.empty() || (hash_of_nothing(hash, salt) &&
                                            expand_label(hash, previous, "derived", salt, salt))) &&
                      hmac(hash, salt, input.empty() ? no_input : input, out);
    OPENSSL_cleanse(memory.data(), memory.size());
    return good;
}

bool derive_traffic_keys(const CipherSuite& suite, TrafficKeys& keys) {
    const std::span secret{keys.secret.data(), suite.hash_length()};
    keys.sequence = 0;
    return expand_label(suite.hash, secret, "key", {}, {keys.key.data(), suite.key_length()}) &&
           expand_label(suite.hash, secret, "iv", {}, keys.iv);
}

bool update_traffic_keys(const CipherSuite& suite, TrafficKeys& keys) {
    const std::span secret{keys.secret.data(), suite.hash_length()};
    return expand_label(suite.hash, secret, "traffic upd", {}, secret) && derive_traffic_keys(suite, keys);
}

}  // namespace baton::tls
