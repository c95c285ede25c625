/// Where private keys lie: OpenSSL's secure heap, which is locked against swapping, left out of core dumps
/// and wiped on release.
#pragma once

#include <cstddef>

namespace baton::tls {

/// Makes the heap, before the first key is loaded; later calls change nothing. It never grows, so there is
/// room for the keys of several generations and for the ephemeral keys of handshakes. Says so in the log when
/// the system refuses to lock it (RLIMIT_MEMLOCK), and goes on.
void prepare_secret_heap(std::size_t certificates);

/// In a forked child: locks are not inherited. Does nothing without the heap.
void lock_secret_heap_again();

/// No core dumps and no debugger for this process, from now on (until exec or a change of its user).
void forbid_dumps();

}  // namespace baton::tls
