#include "upgrade/self_probe.h"

#include "config/address_text.h"
#include "server/assert.h"
#include "server/process/service.h"
#include "server/tls/certificate_store.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace baton::upgrade {
namespace {

constexpr std::string_view expected_start = "HTTP/1.1 204 ";
constexpr std::string_view name_of_nobody = "self-probe.invalid";

/// A transport that may be in the middle of its call to us.
struct Former final : Disposable {
    explicit Former(std::unique_ptr<Transport> of) : transport(std::move(of)) {}
    std::unique_ptr<Transport> transport;
};

/// A name for which some certificate is shown; empty when there is none.
std::string name_to_ask_for(const tls::CertificateStore& store) {
    for (const auto& certificate : store.certificates()) {
        for (const std::string& name : certificate->names) {
            if (name.starts_with("*.")) return "self-probe" + name.substr(1);
            if (!config::is_numeric_host(name)) return name;
        }
    }
    return store.default_name().empty() ? std::string{} : std::string{name_of_nobody};
}

}  // namespace

SelfProbe::SelfProbe(EventLoop& loop, std::shared_ptr<const config::Config> config,
                     std::shared_ptr<const tls::Material> material, Give give, Done done)
    : loop_(loop),
      config_(std::move(config)),
      material_(std::move(material)),
      give_(std::move(give)),
      done_(std::move(done)),
      deadline_(Timer::calling<&SelfProbe::on_late>(loop.timers(), *this)) {
    if (!material_) return;
    server_name_ = name_to_ask_for(*material_->certificates);
    config::UpstreamTls settings;
    settings.enabled = true;
    settings.verify = false;
    auto made = tls::ClientContext::create(settings, trust_);
    if (!made) {
        failure_ = "the probe has no TLS: " + made.error();
        return;
    }
    client_ = std::move(*made);
    workspace_ = std::make_unique<tls::Workspace>(uncounted_);
}

SelfProbe::~SelfProbe() = default;

bool SelfProbe::can_be_probed(const config::Listener& listener) const {
    // Without a certificate every client is refused, which has been told.
    return !listener.tls || !server_name_.empty();
}

void SelfProbe::go_on() {
    if (!done_) return;
    const auto workers = std::max(1U, config_->process.workers);
    while (worker_ < workers && failure_.empty()) {
        if (listener_ < config_->listeners.size() && !can_be_probed(config_->listeners[listener_])) {
            ++listener_;
        } else if (listener_ < config_->listeners.size()) {
            return begin();
        } else {
            listener_ = 0;
            ++worker_;
        }
    }
    done_(failure_);
}

void SelfProbe::begin() {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0)
        return fail(std::string{"cannot be probed: "} + std::strerror(errno));
    Fd own{ends[0]};
    give_(worker_, listener_, Fd{ends[1]});
    deadline_.arm(longest_answer);
    auto socket = TcpTransport::create(loop_, std::move(own), Address{});
    if (!socket) return fail("cannot be probed: no descriptor is left");
    if (!config_->listeners[listener_].tls) return ask(std::move(*socket));
    driver_ = tls::HandshakeDriver::connect(*workspace_, blocks_, loop_, *client_, server_name_,
                                            std::move(*socket), *this);
    if (!driver_) fail("cannot be probed: out of memory");
}

void SelfProbe::ask(std::unique_ptr<Transport> transport) {
    transport_ = std::move(transport);
    transport_->set_handler(*this);
    const bool named = config_->listeners[listener_].tls;
    request_.append("GET ");
    request_.append(probe_path);
    request_.append(" HTTP/1.1\r\nHost: ");
    request_.append(named ? std::string_view{server_name_} : name_of_nobody);
    request_.append("\r\nConnection: close\r\n\r\n");
    transport_->call_again();
}

void SelfProbe::on_handshake_done(std::unique_ptr<Transport> transport) {
    ask(std::move(transport));
}

void SelfProbe::on_handshake_failed(const tls::HandshakeFailure& failure) {
    const std::string detail = failure.detail.empty() ? "" : " (" + failure.detail + ")";
    fail("no TLS handshake: " + std::string{to_string(failure.fault)} + detail);
}

void SelfProbe::on_transport_ready() noexcept {
    if (!request_.empty() && transport_->send(request_).status == IoStatus::failed)
        return fail("closed without an answer");
    while (transport_->readable()) {
        const IoResult got = transport_->receive(answer_);
        if (answer_.size() >= expected_start.size()) return answered();
        if (got.status == IoStatus::closed || got.status == IoStatus::failed)
            return fail("closed without an answer");
        if (got.status == IoStatus::would_block) return;
    }
}

void SelfProbe::answered() {
    if (!answer_.data().starts_with(expected_start))
        return fail("another answer than that to a probe: " +
                    std::string{answer_.data().substr(0, expected_start.size())});
    ++listener_;
    hang_up();
}

void SelfProbe::on_late() {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(longest_answer).count();
    fail("no answer within " + std::to_string(seconds) + " s");
}

void SelfProbe::fail(const std::string& how) {
    failure_ = "self-probe: listener " + config_->listeners[listener_].name + " of worker " +
               std::to_string(worker_) + ": " + how;
    hang_up();
}

void SelfProbe::hang_up() {
    deadline_.disarm();
    request_.clear();
    answer_.consume(answer_.size());
    answer_.release_if_empty();
    if (driver_) loop_.destroy_later(std::move(driver_));
    if (transport_) {
        transport_->close();
        loop_.destroy_later(std::make_unique<Former>(std::move(transport_)));
    }
    go_on();
}

}  // namespace baton::upgrade
