#include "proxy/demo/backend.h"

#include "proxy/demo/backend_connection.h"

namespace baton::demo {

Result<ListeningSocket> bind_backend() {
    const config::Listener settings;
    ListenerRequest request;
    request.address = Address::ip("127.0.0.1", 0).value();
    request.settings = &settings;
    request.text = "127.0.0.1:0";
    return bind_listener(request, 0);
}

Backend::Backend(EventLoop& loop, const ListeningSocket& listener, const Story& story)
    : loop_(loop), story_(story), acceptor_(loop, listener, *this) {}

Backend::~Backend() = default;

Result<void> Backend::start() {
    return acceptor_.start();
}

void Backend::on_accepted(Fd socket, const Address& peer, const ListeningSocket&) noexcept {
    auto transport = TcpTransport::create(loop_, std::move(socket), peer);
    if (!transport) return;
    auto connection = std::make_unique<BackendConnection>(*this, std::move(*transport));
    BackendConnection* key = connection.get();
    connections_.emplace(key, std::move(connection));
}

void Backend::forget(BackendConnection& connection) {
    auto found = connections_.extract(&connection);
    if (found) loop_.destroy_later(std::move(found.mapped()));
}

}  // namespace baton::demo
