#include "server/tls/freed_memory.h"

#include <malloc.h>
#include <openssl/crypto.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace baton::tls {
namespace {

/// What is larger holds records and messages on their way, and no keys.
constexpr std::size_t largest_wiped = std::size_t{16} * 1024;

/// How many of `WipeFreedMemory` there are. One thread uses OpenSSL.
int wishes = 0;

void* allocate(std::size_t size, const char*, int) {
    return size > 0 ? std::malloc(size) : nullptr;
}

void give_back(void* memory, const char*, int) {
    if (memory != nullptr && wishes > 0) {
        if (const std::size_t size = ::malloc_usable_size(memory); size <= largest_wiped)
            ::explicit_bzero(memory, size);
    }
    std::free(memory);
}

void* reallocate(void* memory, std::size_t size, const char* file, int line) {
    if (wishes == 0 && size > 0) return std::realloc(memory, size);
    // The system's own would leave a copy behind when it moves.
    const std::size_t available = memory != nullptr ? ::malloc_usable_size(memory) : 0;
    if (size > 0 && size <= available) return memory;
    void* const larger = allocate(size, file, line);
    if (larger == nullptr && size > 0) return nullptr;
    if (larger != nullptr && available > 0) std::memcpy(larger, memory, std::min(available, size));
    give_back(memory, file, line);
    return larger;
}

}  // namespace

bool prepare_to_wipe_freed_memory() {
    return CRYPTO_set_mem_functions(allocate, reallocate, give_back) == 1;
}

WipeFreedMemory::WipeFreedMemory() {
    ++wishes;
}

WipeFreedMemory::~WipeFreedMemory() {
    --wishes;
}

}  // namespace baton::tls
