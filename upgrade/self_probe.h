/// One request through each listener of each worker, by the master itself, before its generation counts as
/// ready.
#pragma once

#include "config/config.h"
#include "server/event/event_loop.h"
#include "server/net/tcp_transport.h"
#include "server/tls/handshake_driver.h"
#include "server/tls/material.h"

#include <functional>
#include <memory>
#include <string>

namespace baton::upgrade {

/// One probe after the other, worker by worker:
///
///     connecting ──plain, or handshake done──► asking ──answer──► (the next one, or done)
///         └──────── closed, refused, no answer in time ───┴─────► done, with a reason
///
/// A worker gets one end of a socket pair in place of an accepted connection (`Service::probe`), so that a
/// probe meets no port, no queue of the predecessor's, no PROXY header and no client certificate. Over TLS
/// the handshake is a real one, of which nothing is verified: what certificates are worth is told at start.
class SelfProbe final : public Disposable, private TransportHandler, private tls::HandshakeHandler {
public:
    /// As long as a worker may be silent before it counts as hung.
    static constexpr Duration longest_answer = std::chrono::seconds{5};

    /// Gives a worker its end of a probe of `Config::listeners[listener]`.
    using Give = std::function<void(std::uint32_t worker, std::uint32_t listener, Fd connection)>;
    /// Called once; `failure` is empty when every probe was answered. May give this object to
    /// `destroy_later`.
    using Done = std::function<void(const std::string& failure)>;

    /// `material` is null without TLS.
    SelfProbe(EventLoop& loop, std::shared_ptr<const config::Config> config,
              std::shared_ptr<const tls::Material> material, Give give, Done done);
    ~SelfProbe() override;

    void start() { go_on(); }
    /// Nobody wants to know any more.
    void stop() { done_ = nullptr; }

private:
    void go_on();
    void begin();
    void ask(std::unique_ptr<Transport> transport);
    void answered();
    void fail(const std::string& how);
    void on_late();
    /// Ends the present probe, and goes on.
    void hang_up();
    bool can_be_probed(const config::Listener& listener) const;
    void on_transport_ready() noexcept override;
    void on_handshake_done(std::unique_ptr<Transport> transport) override;
    void on_handshake_failed(const tls::HandshakeFailure& failure) override;

    EventLoop& loop_;
    std::shared_ptr<const config::Config> config_;
    std::shared_ptr<const tls::Material> material_;
    Give give_;
    Done done_;
    std::string server_name_;  // empty: no certificate can be asked for
    shared::WorkerSlot uncounted_;
    tls::UpstreamTrust trust_;  // in nobody: nothing is verified
    std::unique_ptr<tls::ClientContext> client_;
    std::unique_ptr<tls::Workspace> workspace_;
    BlockPool blocks_;
    ByteQueue request_{blocks_};
    ReceiveBuffer answer_{blocks_};
    std::unique_ptr<tls::HandshakeDriver> driver_;
    std::unique_ptr<Transport> transport_;
    std::uint32_t worker_ = 0;
    std::uint32_t listener_ = 0;
    std::string failure_;
    Timer deadline_;
};

}  // namespace baton::upgrade
