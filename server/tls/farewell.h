/// Connections that end with a last word, an alert of a failed handshake: closing at once, with bytes of the
/// peer unread, would make the kernel answer with RST, and the peer could lose the word.
#pragma once

#include "server/buffer/byte_queue.h"
#include "server/event/event_loop.h"
#include "server/net/tcp_transport.h"

#include <boost/intrusive/list.hpp>
#include <cstddef>
#include <memory>

namespace baton::tls {

class Farewells;

/// One of them: sends what is left, then FIN, and reads to the peer's FIN, within a second and some bytes.
class Farewell final : public Disposable,
                       public boost::intrusive::list_base_hook<>,
                       private TransportHandler {
public:
    Farewell(Farewells& all, EventLoop& loop, std::unique_ptr<TcpTransport> socket, ByteQueue last_words);
    ~Farewell() override;

private:
    void on_transport_ready() noexcept override;
    void on_deadline();
    bool send_rest();
    bool read_on();
    void finish();

    Farewells& all_;
    EventLoop& loop_;
    std::unique_ptr<TcpTransport> socket_;
    ByteQueue rest_;
    Timer deadline_;
    std::size_t read_ = 0;
    bool write_ended_ = false;
};

/// One worker's. Owns them; closes those that are left when it goes.
class Farewells {
public:
    Farewells() = default;
    Farewells(const Farewells&) = delete;
    Farewells& operator=(const Farewells&) = delete;
    ~Farewells();

    /// Takes the connection over. Of too many at once the newest is closed without ado.
    void add(EventLoop& loop, std::unique_ptr<TcpTransport> socket, ByteQueue last_words);
    std::size_t size() const { return list_.size(); }

private:
    friend class Farewell;
    boost::intrusive::list<Farewell> list_;
};

}  // namespace baton::tls
