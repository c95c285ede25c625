// The ground under OpenSSL: it reads the one record that it was lent, and writes to a queue.
#include "server/tls/handshake_engine.h"
#include "server/tls/record_header.h"

#include <openssl/bio.h>

#include <algorithm>
#include <cstring>

namespace baton::tls {
namespace {

HandshakeEngine& engine_of(BIO* bio) {
    return *static_cast<HandshakeEngine*>(BIO_get_data(bio));
}

int read_lent(BIO* bio, char* to, std::size_t room, std::size_t* taken) {
    std::string_view& lent = engine_of(bio).lent;
    BIO_clear_retry_flags(bio);
    *taken = std::min(room, lent.size());
    if (*taken == 0) {
        BIO_set_retry_read(bio);
        return 0;
    }
    std::memcpy(to, lent.data(), *taken);
    lent.remove_prefix(*taken);
    return 1;
}

int write_out(BIO* bio, const char* bytes, std::size_t length, std::size_t* written) {
    HandshakeEngine& engine = engine_of(bio);
    BIO_clear_retry_flags(bio);
    *written = length;
    if (engine.output == nullptr) return 1;  // a word that OpenSSL says while it is freed
    engine.output->append({bytes, length});
    engine.last_written.pass({bytes, length});
    return 1;
}

long control(BIO*, int command, long, void*) {
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

BIO_METHOD* make_method() {
    BIO_METHOD* const method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "baton records");
    if (method == nullptr) return nullptr;
    BIO_meth_set_read_ex(method, read_lent);
    BIO_meth_set_write_ex(method, write_out);
    BIO_meth_set_ctrl(method, control);
    return method;
}

}  // namespace

BIO* make_record_bio(HandshakeEngine& engine) {
    static const BIO_METHOD* const method = make_method();  // for as long as the process lives
    BIO* const bio = method != nullptr ? BIO_new(method) : nullptr;
    if (bio == nullptr) return nullptr;
    BIO_set_data(bio, &engine);
    BIO_set_init(bio, 1);
    return bio;
}

// OpenSSL frames what it writes, but not always as a peer must: the alert about a version that nobody speaks
// carries that version.
void LastRecord::pass(std::string_view bytes) {
    const auto length_byte = [this](std::size_t at) { return static_cast<std::uint8_t>(growing_[at]); };
    while (!bytes.empty()) {
        const bool framed = growing_.size() >= record_header_length;
        const std::size_t body = framed ? std::size_t{length_byte(3)} << 8 | length_byte(4) : 0;
        const std::size_t wanted = record_header_length + body;
        const std::size_t taken = std::min(wanted - growing_.size(), bytes.size());
        growing_.append(bytes.substr(0, taken));
        bytes.remove_prefix(taken);
        if (!framed || growing_.size() < wanted) continue;
        std::swap(whole_, growing_);
        growing_.clear();
    }
}

}  // namespace baton::tls
