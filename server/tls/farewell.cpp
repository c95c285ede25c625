#include "server/tls/farewell.h"

#include <array>

namespace baton::tls {
namespace {

constexpr Duration longest_farewell = std::chrono::seconds{1};
constexpr std::size_t most_read = 64 * 1024;
/// A flood of failing handshakes must not keep the descriptors.
constexpr std::size_t most_at_once = 1024;

}  // namespace

Farewell::Farewell(Farewells& all, EventLoop& loop, std::unique_ptr<TcpTransport> socket,
                   ByteQueue last_words)
    : all_(all),
      loop_(loop),
      socket_(std::move(socket)),
      rest_(std::move(last_words)),
      deadline_(Timer::calling<&Farewell::on_deadline>(loop.timers(), *this)) {
    socket_->set_handler(*this);
    deadline_.arm(longest_farewell);
    // Whatever readiness was reported before was reported to another.
    socket_->call_again();
}

Farewell::~Farewell() = default;

void Farewell::on_transport_ready() noexcept {
    if (!is_linked()) return;
    if (!send_rest() || !read_on()) finish();
}

bool Farewell::send_rest() {
    if (!rest_.empty() && socket_->send(rest_).status == IoStatus::failed) return false;
    if (rest_.empty() && !write_ended_) {
        write_ended_ = true;
        socket_->shutdown_write();
    }
    return true;
}

bool Farewell::read_on() {
    while (socket_->readable()) {
        std::array<char, 4096> unwanted;
        const IoResult got = socket_->receive(unwanted);
        if (got.status == IoStatus::would_block) break;
        read_ += got.bytes;
        // Its FIN may come before our last word has left.
        if (got.status == IoStatus::closed) return !rest_.empty();
        if (got.status == IoStatus::failed || read_ > most_read) return false;
    }
    return true;
}

void Farewell::on_deadline() {
    finish();
}

void Farewell::finish() {
    if (!is_linked()) return;
    all_.list_.erase(all_.list_.iterator_to(*this));
    deadline_.disarm();
    socket_->close();
    loop_.destroy_later(std::unique_ptr<Disposable>(this));
}

Farewells::~Farewells() {
    list_.clear_and_dispose([](Farewell* farewell) { delete farewell; });
}

void Farewells::add(EventLoop& loop, std::unique_ptr<TcpTransport> socket, ByteQueue last_words) {
    if (list_.size() < most_at_once)
        list_.push_back(*new Farewell(*this, loop, std::move(socket), std::move(last_words)));
}

}  // namespace baton::tls
