/// Two record layers that hold each other's keys, one that knows the client's keys as well and says what it
/// likes, and what is needed to carry records between them.
#pragma once

#include "server/shared/lineage_memory.h"
#include "server/tls/key_schedule.h"
#include "server/tls/record_layer.h"

#include <array>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <utility>

namespace baton::test {

using tls::Aead;
using tls::Alert;
using tls::ContentType;
using tls::HeldKeys;
using tls::Opened;
using tls::RecordLayer;
using tls::Role;
using tls::TrafficKeys;
using tls::Version;

inline constexpr std::array<std::uint16_t, 9> every_suite{0x1301, 0x1302, 0x1303, 0xc02b, 0xc02c,
                                                          0xc02f, 0xc030, 0xcca8, 0xcca9};
inline constexpr std::array<std::uint16_t, 3> suites_of_tls_1_3{0x1301, 0x1302, 0x1303};

/// The memory of a worker that has TLS connections.
struct RecordWorld {
    std::unique_ptr<shared::WorkerSlot> slot = std::make_unique<shared::WorkerSlot>();
    std::unique_ptr<tls::Workspace> workspace = std::make_unique<tls::Workspace>(*slot);
    BlockPool blocks;
};

/// What became of some records.
struct Arrival {
    Opened last = Opened::nothing;
    std::string data;
    std::size_t records = 0;
};

/// One side of a connection with its buffers.
class RecordEnd {
public:
    RecordEnd(RecordWorld& world, HeldKeys keys)
        : layer(*world.workspace, std::move(keys)),
          received(world.blocks),
          replies_(world.blocks),
          blocks_(world.blocks) {}
    /// Goes on where another one has been.
    RecordEnd(RecordWorld& world, HeldKeys keys, const tls::RecordLayerState& state)
        : layer(*world.workspace, std::move(keys), state),
          received(world.blocks),
          replies_(world.blocks),
          blocks_(world.blocks) {}

    /// The records that carry `data`.
    std::string seal(std::string_view data) {
        ByteQueue plaintext{blocks_}, records{blocks_};
        plaintext.append(data);
        sealed_ = layer.seal(plaintext, plaintext.size(), records);
        return records.to_string();
    }
    /// Whether the last `seal` said so.
    bool sealed() const { return sealed_; }
    std::string close_notify() {
        ByteQueue records{blocks_};
        layer.close_notify(records);
        return records.to_string();
    }
    std::string fail(Alert alert) {
        ByteQueue records{blocks_};
        layer.fail(alert, records);
        return records.to_string();
    }
    /// Opens whole records until one ends the connection or says that the peer has closed.
    Arrival open(std::string_view wire) {
        Arrival arrival;
        while (!wire.empty()) {
            tls::RecordHeader header{};
            if (tls::read_header(wire, header) != tls::Framed::complete_header || header.length > wire.size())
                break;
            arrival.last = layer.open(wire.substr(0, header.length), received, replies_);
            wire.remove_prefix(header.length);
            ++arrival.records;
            arrival.data += received.data();
            received.consume(received.size());
            received.release_if_empty();
            if (arrival.last == Opened::failed) break;
        }
        return arrival;
    }
    /// What `open` has answered so far.
    std::string take_replies() {
        std::string text = replies_.to_string();
        replies_.clear();
        return text;
    }

    RecordLayer layer;
    ReceiveBuffer received;

private:
    ByteQueue replies_;
    BlockPool& blocks_;
    bool sealed_ = false;
};

/// Keys that both ends of a connection agree on.
inline HeldKeys made_up_keys(tls::Workspace& workspace, std::uint16_t suite, Role role) {
    const tls::CipherSuite& known = *tls::find_suite(suite);
    HeldKeys keys = workspace.keys.take();
    keys->suite = suite;
    keys->role = role;
    keys->longest_plaintext = tls::longest_plaintext;
    TrafficKeys& client = role == Role::client ? keys->writing : keys->reading;
    TrafficKeys& server = role == Role::client ? keys->reading : keys->writing;
    std::uint8_t filling = 1;
    for (TrafficKeys* const direction : {&client, &server}) {
        direction->secret.fill(filling++);
        direction->key.fill(filling++);
        direction->iv.fill(filling++);
        if (known.version == Version::tls_1_3) tls::derive_traffic_keys(known, *direction);
    }
    return keys;
}

/// Says whatever it likes with the keys of one side: its records are authentic.
class Forger {
public:
    Forger(RecordWorld& world, std::uint16_t suite, Role role)
        : workspace_(*world.workspace),
          keys_(made_up_keys(workspace_, suite, role)),
          suite_(*tls::find_suite(suite)) {}
    ~Forger() { workspace_.ciphers.forget(keys_->writing); }

    std::string seal(ContentType type, std::string_view content) {
        std::string record(content.size() + tls::record_overhead(suite_), '\0');
        tls::RecordSealer sealer{workspace_.ciphers.get(keys_->writing, suite_.aead, tls::Use::seal),
                                 suite_,
                                 keys_->writing,
                                 type,
                                 content.size(),
                                 record.data()};
        sealer.add(content);
        return sealer.finish() ? record : std::string{};
    }
    /// TLS 1.3: with `padding` zeros (at least one) behind the type.
    std::string seal_padded(ContentType type, std::string_view content, std::size_t padding) {
        std::string inner{content};
        inner += static_cast<char>(type);
        inner.append(padding - 1, '\0');
        return seal(ContentType{0}, inner);
    }
    void update() {
        workspace_.ciphers.forget(keys_->writing);
        tls::update_traffic_keys(suite_, keys_->writing);
    }
    TrafficKeys& keys() { return keys_->writing; }

private:
    tls::Workspace& workspace_;
    HeldKeys keys_;
    const tls::CipherSuite& suite_;
};

/// `adjust` may change the keys of both ends before they are used.
class RecordPair {
public:
    explicit RecordPair(std::uint16_t suite) : RecordPair(suite, [](tls::RecordState&) {}) {}
    template <class Adjust>
    RecordPair(std::uint16_t suite, Adjust adjust)
        : client(world, adjusted(suite, Role::client, adjust)),
          server(world, adjusted(suite, Role::server, adjust)) {}

    RecordWorld world;
    RecordEnd client;
    RecordEnd server;

private:
    template <class Adjust>
    HeldKeys adjusted(std::uint16_t suite, Role role, Adjust& adjust) {
        HeldKeys keys = made_up_keys(*world.workspace, suite, role);
        adjust(*keys);
        return keys;
    }
};

/// The same for a seed in every run.
inline std::string noise(std::size_t size, std::uint32_t seed) {
    std::mt19937 random{seed};
    std::string text(size, '\0');
    for (char& byte : text) byte = static_cast<char>(random());
    return text;
}

}  // namespace baton::test
