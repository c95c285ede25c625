#include "server/tls/tls_transport.h"

#include "server/assert.h"
#include "server/net/transport_state.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <span>
#include <utility>

namespace baton::tls {
namespace {

/// So much ciphertext is looked at in one go: with whatever a record's length is there is a whole one in it,
/// and its plaintext fits a block.
constexpr std::size_t arrival_size = longest_record + record_header_length;
/// Plaintext that is sealed before the socket is asked to take it.
constexpr std::size_t sealed_at_once = 64 * 1024;
/// Reads of one call that bring no data: tickets, KeyUpdates.
constexpr int most_reads = 4;
/// After such a pause the path is not what it was, and the first bytes matter again.
constexpr Duration silence = std::chrono::seconds{1};

void append(ReceiveBuffer& to, std::string_view bytes) {
    if (bytes.empty()) return;
    to.reserve(to.size() + bytes.size());
    const std::span<char> room = to.prepare();
    std::memcpy(room.data(), bytes.data(), bytes.size());
    to.commit(bytes.size());
}

}  // namespace

TlsTransport::TlsTransport(Workspace& workspace, EventLoop& loop, std::unique_ptr<TcpTransport> socket,
                           HeldKeys keys, TlsInfo info, ReceiveBuffer received, ByteQueue sealed)
    : workspace_(workspace),
      loop_(loop),
      socket_(std::move(socket)),
      layer_(workspace, std::move(keys)),
      info_(std::move(info)),
      received_(std::move(received)),
      sealed_(std::move(sealed)),
      last_sent_(loop.now()) {
    received_.release_if_empty();
    socket_->set_handler(*this);
    if (readable()) socket_->call_again();
}

TlsTransport::TlsTransport(Workspace& workspace, EventLoop& loop, BlockPool& blocks,
                           std::unique_ptr<TcpTransport> socket, TlsState state)
    : workspace_(workspace),
      loop_(loop),
      socket_(std::move(socket)),
      layer_(workspace, std::move(state.keys), state.layer),
      info_(std::move(state.info)),
      received_(blocks),
      sealed_(blocks),
      last_sent_(loop.now()),
      end_(state.closed_by_peer ? End::close_notify : End::none),
      end_told_(state.close_told),
      shutting_down_(state.shutting_down),
      fin_sent_(state.fin_sent) {
    append(received_, state.received);
    sealed_.append(state.sealed);
    socket_->set_handler(*this);
    socket_->call_again();
}

TlsTransport::~TlsTransport() = default;

void TlsTransport::on_transport_ready() noexcept {
    if (!sealed_.empty() && socket_->writable()) flush();
    if (handler_ != nullptr) handler_->on_transport_ready();
}

bool TlsTransport::readable() const {
    if (end_told_) return false;
    return end_ != End::none || socket_->readable() || has_whole_record();
}

bool TlsTransport::has_whole_record() const {
    RecordHeader header{};
    switch (read_header(received_.data(), header)) {
        case Framed::need_more: return false;
        case Framed::complete_header: return received_.size() >= header.length;
        case Framed::not_tls:
        case Framed::too_long: return true;  // there is something to refuse
    }
    return false;
}

IoResult TlsTransport::receive(ReceiveBuffer& into) {
    ASSERT(!socket_->is_frozen());
    const std::size_t before = into.size();
    for (int reads = 0; end_ == End::none && into.size() == before; ++reads) {
        if (reads == most_reads) {
            socket_->call_again();
            break;
        }
        if (!take_more(into)) break;
    }
    if (!sealed_.empty()) flush();  // answers to the peer
    if (const std::size_t bytes = into.size() - before; bytes > 0) return {IoStatus::done, bytes};
    into.release_if_empty();
    return end_ == End::none ? IoResult{IoStatus::would_block} : tell_end();
}

IoResult TlsTransport::tell_end() {
    end_told_ = true;
    received_.consume(received_.size());
    received_.release_if_empty();
    switch (end_) {
        case End::close_notify: return {IoStatus::closed};
        case End::none:
        case End::truncated: return {IoStatus::failed};
        case End::protocol_error: return {IoStatus::failed, 0, EBADMSG};
        case End::socket_error: return {IoStatus::failed, 0, read_error_};
    }
    return {IoStatus::failed};
}

bool TlsTransport::take_more(ReceiveBuffer& into) {
    if (!has_whole_record()) return read_socket(into);
    received_.consume(open_records(received_.data(), into));
    received_.release_if_empty();
    return true;
}

bool TlsTransport::read_socket(ReceiveBuffer& into) {
    // What has arrived before goes in front of it only if that makes a whole record: bytes that drip in are
    // not copied again and again.
    char* const arrival = workspace_.arrival.data();
    const std::size_t kept = received_.size();
    const IoResult got = socket_->receive(std::span{arrival + kept, arrival_size - kept});
    switch (got.status) {
        case IoStatus::would_block: return false;
        case IoStatus::closed: end_ = End::truncated; return false;
        case IoStatus::failed:
            end_ = End::socket_error;
            read_error_ = got.os_error;
            return false;
        case IoStatus::done: break;
    }
    if (kept > 0) {
        append(received_, {arrival + kept, got.bytes});
        if (!has_whole_record()) return true;
        std::memcpy(arrival, received_.data().data(), kept);
        received_.consume(received_.size());
    }
    const std::string_view bytes{arrival, kept + got.bytes};
    append(received_, bytes.substr(open_records(bytes, into)));
    received_.release_if_empty();
    return true;
}

// Whole records, as long as their plaintext fits a block; says how many bytes they were.
std::size_t TlsTransport::open_records(std::string_view bytes, ReceiveBuffer& into) {
    const std::size_t before = into.size();
    std::size_t opened = 0;
    while (end_ == End::none) {
        RecordHeader header{};
        const std::string_view rest = bytes.substr(opened);
        const Framed framed = read_header(rest, header);
        if (framed == Framed::not_tls) fail(Alert::unexpected_message);
        if (framed == Framed::too_long) fail(Alert::record_overflow);
        if (framed != Framed::complete_header || rest.size() < header.length) break;
        const std::size_t plaintext = into.size() - before;
        if (plaintext > 0 && plaintext + header.length > BlockPool::block_size) break;
        opened += header.length;
        switch (layer_.open(rest.substr(0, header.length), into, sealed_)) {
            case Opened::data:
            case Opened::nothing: break;
            case Opened::closed: end_ = End::close_notify; break;
            case Opened::failed: end_ = End::protocol_error; break;
        }
    }
    return opened;
}

void TlsTransport::fail(Alert alert) {
    layer_.fail(alert, sealed_);
    end_ = End::protocol_error;
}

IoResult TlsTransport::send(ByteQueue& from) {
    ASSERT(!socket_->is_frozen());
    if (end_ == End::protocol_error || shutting_down_) return {IoStatus::failed, 0, EPIPE};
    if (loop_.now() - last_sent_ > silence) layer_.cool_down();
    last_sent_ = loop_.now();
    std::size_t total = 0;
    while (flush() && sealed_.empty() && !from.empty() && socket_->writable()) {
        const std::size_t bytes = std::min(from.size(), sealed_at_once);
        if (!layer_.seal(from, bytes, sealed_)) return {IoStatus::failed, total, EPROTO};
        total += bytes;
    }
    if (write_error_ != 0) return {IoStatus::failed, total, write_error_};
    return {total > 0 || from.empty() ? IoStatus::done : IoStatus::would_block, total};
}

bool TlsTransport::flush() {
    if (write_error_ != 0) return false;
    if (!sealed_.empty()) {
        const IoResult sent = socket_->send(sealed_);
        if (sent.status == IoStatus::failed) {
            write_error_ = sent.os_error;
            sealed_.clear();
            return false;
        }
    }
    if (sealed_.empty() && shutting_down_ && !fin_sent_) {
        fin_sent_ = true;
        socket_->shutdown_write();
    }
    return true;
}

void TlsTransport::shutdown_write() {
    ASSERT(!socket_->is_frozen());
    if (shutting_down_ || !is_open()) return;
    shutting_down_ = true;
    layer_.close_notify(sealed_);
    flush();
}

void TlsTransport::close() {
    if (!is_open()) return;
    // Somebody else may hold the keys: nothing may be sealed.
    if (socket_->is_frozen()) return leave();
    // Behind records that wait it would come too late.
    if (sealed_.empty() && !shutting_down_ && end_ != End::protocol_error) layer_.close_notify(sealed_);
    flush();
    // With bytes unread the kernel would send RST behind our alert, and the peer could lose it.
    if (end_ == End::protocol_error) socket_->receive(workspace_.arrival);
    socket_->close();
    sealed_.clear();
    received_.consume(received_.size());
    received_.release_if_empty();
}

void TlsTransport::reset() {
    socket_->reset();
    sealed_.clear();
}

// Handing over

bool TlsTransport::movable() const {
    const bool alive = end_ == End::none || end_ == End::close_notify;
    return alive && write_error_ == 0 && socket_->movable() && layer_.movable();
}

TransportState TlsTransport::state() const {
    ASSERT(layer_.movable());
    TlsState state;
    state.keys = workspace_.keys.take();
    if (state.keys) *state.keys = layer_.state();
    state.layer = layer_.layer_state();
    if (loop_.now() - last_sent_ > silence) state.layer.warm_bytes = 0;
    state.info = info_.copy();
    state.received = received_.data();
    state.sealed = sealed_.to_string();
    state.closed_by_peer = end_ == End::close_notify;
    state.close_told = end_told_;
    state.shutting_down = shutting_down_;
    state.fin_sent = fin_sent_;
    return {peer(), std::move(state)};
}

void TlsTransport::thaw() {
    socket_->thaw();
    if (!is_open()) cut_off();
}

void TlsTransport::leave() {
    socket_->leave();
    layer_.leave();
    cut_off();
}

void TlsTransport::cut_off() {
    end_ = End::socket_error;
    end_told_ = false;
    read_error_ = write_error_ = EBADF;
    sealed_.clear();
    received_.consume(received_.size());
    received_.release_if_empty();
}

}  // namespace baton::tls
