/// What OpenSSL gives back to the system's heap: wiped, because keys may have passed through it.
#pragma once

namespace baton::tls {

/// From now on OpenSSL wipes memory before it gives it back. It wipes some secrets itself, but neither the
/// encoded keys that it has read nor a connection's traffic secrets. To be called before anything else of
/// OpenSSL, which then has no memory of another kind; says false, and changes nothing, when it is too late.
bool wipe_freed_memory();

}  // namespace baton::tls
