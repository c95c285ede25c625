#include "server/tls/ticket_keys.h"

#include <openssl/crypto.h>

namespace baton::tls {

TicketKeys::~TicketKeys() {
    OPENSSL_cleanse(keys.data(), sizeof keys);
}

}  // namespace baton::tls
