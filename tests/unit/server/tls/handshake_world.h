/// A listener and its clients without sockets: everything that a test of handshakes needs.
#pragma once

#include "server/shared/ticket_key_ring.h"
#include "server/tls/client_context.h"
#include "server/tls/handshake.h"
#include "server/tls/material.h"
#include "server/tls/record_layer.h"
#include "server/tls/server_context.h"
#include "server/tls/ticket_rotation.h"
#include "tests/support/openssl_peer.h"
#include "tests/support/tls_certificates.h"

#include <boost/test/unit_test.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace baton::test {

using tls::Handshake;
using tls::HandshakeFault;

/// What became of a handshake against OpenSSL.
struct Outcome {
    Handshake::Status status = Handshake::Status::need_more;
    HandshakeFault fault{};
    std::string detail;
    tls::HeldKeys keys;
    tls::TlsInfo info;
    std::string behind;  ///< bytes of the peer that came with the end of the handshake
    std::string said;    ///< everything that our side wrote
    bool ok() const { return status == Handshake::Status::done; }
};

struct HandshakeWorld {
    HandshakeWorld() {
        config->listeners.resize(1);
        config->listeners[0].name = "secure";
        config->listeners[0].tls = true;
        tls::look_after_ticket_keys(ring, {std::chrono::hours{12}, 2, {}}, 1'700'000'000);
    }

    std::shared_ptr<tls::ServerContext> listener() {
        if (certificates.empty()) certificates = {load({.names = "DNS:a.example,DNS:*.b.example"})};
        material->certificates = std::make_shared<tls::CertificateStore>(certificates, default_certificate);
        material->client_authority.resize(config->hosts.size());
        auto made = tls::ServerContext::create(config, 0, material, tickets);
        BOOST_REQUIRE_MESSAGE(made.has_value(), (made ? std::string{} : made.error()));
        return std::move(*made);
    }
    config::Host& add_host(std::vector<std::string> names) {
        config->hosts.emplace_back().names = std::move(names);
        return config->hosts.back();
    }
    /// Clients of the last host must show a certificate that `authority` has signed.
    void ask_for_clients(const X509* authority, config::ClientAuthMode mode, std::uint8_t identity = 1) {
        config->hosts.back().tls.client_auth.mode = mode;
        auto asked = std::make_unique<tls::ClientAuthority>();
        asked->trusted.reset(X509_STORE_new());
        X509_STORE_add_cert(asked->trusted.get(), const_cast<X509*>(authority));
        asked->identity.fill(identity);
        material->client_authority.resize(config->hosts.size() - 1);
        material->client_authority.push_back(std::move(asked));
    }

    /// Both sides shake hands; our side is fed `piece` bytes at a time.
    Outcome shake(Handshake& ours, OpensslPeer& peer, std::size_t piece = SIZE_MAX) {
        Outcome outcome;
        std::string input;
        const auto hear = [&](Handshake::Progress progress, ByteQueue& output) {
            outcome.status = progress.status;
            outcome.said += output.to_string();
            peer.give(output.to_string());
            input.erase(0, progress.consumed);
        };
        if (client_) {
            ByteQueue output{blocks};
            hear(ours.begin(output), output);
        }
        for (int round = 0; round < 20 && outcome.status == Handshake::Status::need_more; ++round) {
            peer.step();
            const std::string arrived = peer.take();
            for (std::size_t at = 0; at < arrived.size(); at += std::min(piece, arrived.size() - at)) {
                input += arrived.substr(at, piece);
                for (bool moved = true; moved && outcome.status == Handshake::Status::need_more;) {
                    ByteQueue output{blocks};
                    const Handshake::Progress progress = ours.feed(input, output);
                    moved = progress.consumed > 0;
                    hear(progress, output);
                }
            }
        }
        peer.step();
        outcome.behind = input;
        if (outcome.status == Handshake::Status::failed) {
            outcome.fault = ours.failure().fault;
            outcome.detail = ours.failure().detail;
        }
        if (outcome.ok()) {
            auto established = std::move(ours).take_established();
            outcome.keys = std::move(established.keys);
            outcome.info = std::move(established.info);
        }
        return outcome;
    }
    Outcome accept(tls::ServerContext& context, OpensslPeer& peer, std::size_t piece = SIZE_MAX) {
        const auto ours = Handshake::accept(*workspace, context);
        client_ = false;
        return shake(*ours, peer, piece);
    }
    Outcome connect(tls::ClientContext& context, std::string_view name, OpensslPeer& peer,
                    std::size_t piece = SIZE_MAX) {
        const auto ours = Handshake::connect(*workspace, context, name);
        BOOST_REQUIRE(ours);
        client_ = true;
        return shake(*ours, peer, piece);
    }

    /// Says something both ways over what the handshake has led to.
    void check_data(Outcome& outcome, OpensslPeer& peer) {
        tls::RecordLayer layer{*workspace, std::move(outcome.keys)};
        BOOST_TEST(peer.write("from the peer"));
        BOOST_TEST(receive(layer, outcome.behind + peer.take()) == "from the peer");
        ByteQueue plaintext{blocks}, records{blocks};
        plaintext.append("from us");
        BOOST_TEST(layer.seal(plaintext, plaintext.size(), records));
        peer.give(records.to_string());
        BOOST_TEST(peer.read() == "from us");
    }
    std::string receive(tls::RecordLayer& layer, std::string_view bytes) {
        ReceiveBuffer into{blocks};
        ByteQueue replies{blocks};
        tls::RecordHeader header{};
        while (tls::read_header(bytes, header) == tls::Framed::complete_header) {
            const tls::Opened opened = layer.open(bytes.substr(0, header.length), into, replies);
            BOOST_TEST((opened == tls::Opened::data || opened == tls::Opened::nothing));
            bytes.remove_prefix(header.length);
        }
        return std::string{into.data()};
    }

    std::unique_ptr<shared::WorkerSlot> slot = std::make_unique<shared::WorkerSlot>();
    std::unique_ptr<tls::Workspace> workspace = std::make_unique<tls::Workspace>(*slot);
    BlockPool blocks;
    shared::TicketKeyRing ring;
    tls::SessionTickets tickets{ring};
    std::shared_ptr<config::Config> config = std::make_shared<config::Config>();
    std::shared_ptr<tls::Material> material = std::make_shared<tls::Material>();
    std::vector<std::shared_ptr<const tls::Certificate>> certificates;
    std::string default_certificate;

private:
    bool client_ = false;
};

}  // namespace baton::test
