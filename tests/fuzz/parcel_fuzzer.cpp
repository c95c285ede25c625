// A parcel from a process that is not trusted: what is refused leaves nothing behind, and what is accepted
// lives, is read from and written to, and ends, without harm to its worker. The first byte is the kind.
#include "proxy/downstream/http1_downstream.h"
#include "proxy/exchange/tunnel.h"
#include "proxy/hand_over/parcel_kinds.h"
#include "proxy/proxy_context.h"
#include "proxy/proxy_tls.h"
#include "tests/fuzz/pieces.h"

#include <sys/socket.h>

#include <array>
#include <memory>
#include <string>

using namespace baton;

namespace {

std::shared_ptr<const config::Config> make_config() {
    auto config = std::make_shared<config::Config>();
    config->logging.access.enabled = false;
    config->listeners.emplace_back().name = "main";
    auto& route = config->hosts.emplace_back().routes.emplace_back();
    route.name = "only";
    config::Forward forward;
    forward.targets.push_back({"app", 1});
    route.action = forward;
    config::Upstream app;
    app.name = "app";
    config::Endpoint endpoint;
    endpoint.host = "127.0.0.1";
    endpoint.port = 12345;
    endpoint.text = "127.0.0.1:12345";
    app.endpoints.push_back(endpoint);
    config->upstreams.emplace("app", app);
    return config;
}

struct Worker {
    std::unique_ptr<EventLoop> loop = std::move(*EventLoop::create());
    std::unique_ptr<shared::WorkerSlot> slot = std::make_unique<shared::WorkerSlot>();
    shared::TicketKeyRing ring;
    ProxyContext context{WorkerContext{*loop, make_config(), {}, *slot, 1, 0, ring}, nullptr};

    void turn(int times) {
        for (int i = 0; i < times; ++i) loop->turn(Duration{0});
    }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static Worker worker;
    if (size == 0) return 0;
    const std::string bytes{fuzz::text_of(data + 1, size - 1)};
    const auto fields = upgrade::FieldReader::over(bytes);
    if (!fields) return 0;
    upgrade::ArrivedParcel parcel{data[0], *fields, {}};
    std::array<Fd, 2> far;
    for (std::size_t i = 0; i < (data[0] == hand_over::connection ? 1u : 2u); ++i) {
        int ends[2];
        fuzz::require(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0,
                      "sockets");
        parcel.descriptors.emplace_back(ends[0]);
        far[i] = Fd{ends[1]};
    }
    auto held = data[0] == hand_over::tunnel ? Tunnel::unpack(worker.context, parcel)
                                             : Http1Downstream::unpack(worker.context, parcel);
    const std::size_t live = worker.context.connection_count + worker.context.tunnel_count;
    fuzz::require(live == 0, "nothing lives before the commit");
    if (held && size % 2 == 0) {
        (*held)->commit();
        worker.turn(2);
        for (const Fd& end : far)
            if (end) ::send(end.get(), "\x81\x01x\r\n\r\n", 7, MSG_NOSIGNAL);
        worker.turn(3);
    }
    held = tl::unexpected(upgrade::Refusal::malformed);
    far = {};
    worker.turn(4);
    while (!worker.context.connections.empty())
        worker.context.connections.front().close_now(), worker.turn(1);
    while (!worker.context.idle.empty()) worker.context.idle.front().close_now(), worker.turn(1);
    while (!worker.context.tunnels.empty())
        worker.context.tunnels.front().close_now(End::shutdown), worker.turn(1);
    worker.turn(1);
    fuzz::require(worker.context.connection_count == 0 && worker.context.tunnel_count == 0,
                  "everything has ended");
    fuzz::require(worker.context.blocks.in_use() == 0, "blocks are given back");
    return 0;
}
