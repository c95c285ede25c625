#include "upgrade/hand_over/secret_buffer.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

namespace baton::upgrade {
namespace {

/// Pages that are mapped at least.
constexpr std::size_t smallest_room = std::size_t{64} * 1024;

/// Neither locking nor leaving out of dumps is worth failing for: KeyMemory has said in the log what the
/// system does not allow.
char* map(std::size_t bytes) {
    void* const pages = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED) throw std::bad_alloc{};
    ::madvise(pages, bytes, MADV_DONTDUMP);
    ::mlock(pages, bytes);
    return static_cast<char*>(pages);
}

}  // namespace

SecretBuffer::SecretBuffer(SecretBuffer&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)),
      room_(std::exchange(other.room_, 0)) {}

SecretBuffer& SecretBuffer::operator=(SecretBuffer&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(room_, other.room_);
    other.clear();
    return *this;
}

SecretBuffer::~SecretBuffer() {
    if (data_ == nullptr) return;
    clear();
    ::munmap(data_, room_);
}

void SecretBuffer::append(std::string_view bytes) {
    if (bytes.empty()) return;
    if (bytes.size() > room_ - size_) grow(size_ + bytes.size());
    std::memcpy(data_ + size_, bytes.data(), bytes.size());
    size_ += bytes.size();
}

void SecretBuffer::shrink(std::size_t size) {
    if (size >= size_) return;
    ::explicit_bzero(data_ + size, size_ - size);
    size_ = size;
}

void SecretBuffer::grow(std::size_t least) {
    // Whole pages: room_ is a power of two of at least the smallest.
    std::size_t room = std::max(room_, smallest_room);
    while (room < least) room *= 2;
    char* const roomier = map(room);
    if (data_ != nullptr) {
        std::memcpy(roomier, data_, size_);
        ::explicit_bzero(data_, size_);
        ::munmap(data_, room_);
    }
    data_ = roomier;
    room_ = room;
}

}  // namespace baton::upgrade
