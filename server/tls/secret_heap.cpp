#include "server/tls/secret_heap.h"

#include "server/log/log.h"

#include <openssl/crypto.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstdio>

namespace baton::tls {
namespace {

/// Pages are taken only when they are written to: size costs no memory.
constexpr std::size_t least_size = std::size_t{4} * 1024 * 1024;
constexpr std::size_t largest_size = std::size_t{1024} * 1024 * 1024;
/// An RSA key of 4096 bits has 2.3 KB, is held encoded too, and while it is loaded its file lies beside it.
/// Four generations.
constexpr std::size_t bytes_per_certificate = std::size_t{32} * 1024;
/// OpenSSL's smallest piece. An ephemeral X25519 or P-256 key takes one.
constexpr std::size_t smallest_piece = 32;

struct Range {
    std::uintptr_t begin = 0;
    std::uintptr_t end = 0;
};

/// The mapping that holds `address`; OpenSSL does not tell where its heap is, and puts guard pages around it.
Range mapping_of(std::uintptr_t address) {
    std::FILE* const maps = std::fopen("/proc/self/maps", "re");
    if (maps == nullptr) return {};
    Range found;
    char line[4096];
    while (std::fgets(line, sizeof line, maps) != nullptr) {
        unsigned long begin = 0;
        unsigned long end = 0;
        if (std::sscanf(line, "%lx-%lx", &begin, &end) == 2 && begin <= address && address < end) {
            found = {begin, end};
            break;
        }
    }
    std::fclose(maps);
    return found;
}

}  // namespace

void prepare_secret_heap(std::size_t certificates) {
    if (CRYPTO_secure_malloc_initialized() == 1) return;
    const std::size_t wanted = std::max(least_size, certificates * bytes_per_certificate);
    const int made = CRYPTO_secure_malloc_init(std::bit_ceil(std::min(wanted, largest_size)), smallest_piece);
    if (made == 1) return;
    log::warn("tls.keys_not_locked")
        .with("reason", made == 0 ? "no secure heap could be made" : "the limit of locked memory is too low");
}

void lock_secret_heap_again() {
    if (CRYPTO_secure_malloc_initialized() != 1) return;
    void* const inside = OPENSSL_secure_malloc(smallest_piece);
    if (CRYPTO_secure_allocated(inside) == 1) {
        const Range heap = mapping_of(reinterpret_cast<std::uintptr_t>(inside));
        // On fault: the pages stay shared with the master until they are written to.
        if (heap.end > heap.begin)
            ::mlock2(reinterpret_cast<void*>(heap.begin), heap.end - heap.begin, MLOCK_ONFAULT);
    }
    OPENSSL_secure_free(inside);
}

void forbid_dumps() {
#ifndef __SANITIZE_ADDRESS__  // whose search for leaks is a debugger
    ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

}  // namespace baton::tls
