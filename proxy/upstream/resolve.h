/// Turns a configured endpoint into socket addresses.
#pragma once

#include "config/config.h"
#include "server/net/address.h"

#include <string>
#include <vector>

namespace baton::upstream {

struct Resolution {
    std::vector<Address>
        addresses;      ///< sorted and without repetition, so that every worker numbers them alike
    std::string error;  ///< why there is none, in words
};

/// Resolves one endpoint. Numeric addresses and UNIX paths need nobody's help; a name is looked up with
/// getaddrinfo, which blocks: call it only before serving.
Resolution resolve(const config::Endpoint& endpoint);

/// How endpoint sets resolve; tests put their own in its place.
using Resolver = Resolution (*)(const config::Endpoint& endpoint);

}  // namespace baton::upstream
