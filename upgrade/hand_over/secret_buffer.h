/// Bytes with keys among them: in pages of their own, locked as far as the system lets us, left out of core
/// dumps, wiped.
#pragma once

#include <cstddef>
#include <string_view>

namespace baton::upgrade {

class SecretBuffer {
public:
    SecretBuffer() = default;
    SecretBuffer(SecretBuffer&& other) noexcept;
    SecretBuffer& operator=(SecretBuffer&& other) noexcept;
    ~SecretBuffer();

    /// Grows as needed. Throws std::bad_alloc when the system has no memory left.
    void append(std::string_view bytes);
    std::string_view view() const { return {data_, size_}; }
    char* data() { return data_; }
    std::size_t size() const { return size_; }
    bool empty() const { return size_ == 0; }
    /// Drops everything behind the first `size` bytes, wiped.
    void shrink(std::size_t size);
    /// Wipes everything and keeps the room.
    void clear() { shrink(0); }

private:
    void grow(std::size_t least);

    char* data_ = nullptr;
    std::size_t size_ = 0;
    std::size_t room_ = 0;
};

}  // namespace baton::upgrade
