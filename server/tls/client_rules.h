/// What a ClientContext is made of. Included only inside this folder.
#pragma once

#include "server/tls/client_context.h"
#include "server/tls/openssl_pointers.h"

#include <string>

namespace baton::tls {

struct ClientRules {
    ContextPointer context;
    bool verify = true;
};

}  // namespace baton::tls
