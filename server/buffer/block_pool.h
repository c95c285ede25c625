/// Fixed blocks of memory for bytes in flight: taken when bytes arrive, given back when they have left, so
/// that an idle connection holds none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

namespace baton {

class BlockPool;

/// Memory with a count of the references to it. Counts are not atomic: a block never leaves its process.
struct Block {
    BlockPool* pool;
    Block* next_free;
    std::uint32_t references;
    std::uint32_t capacity;  // bytes behind this header
    char* bytes() { return reinterpret_cast<char*>(this + 1); }
};

/// A share in a block; the last one gives it back to its pool.
class BlockRef {
public:
    BlockRef() = default;
    explicit BlockRef(Block* block) : block_(block) { ++block_->references; }
    BlockRef(const BlockRef& other) : block_(other.block_) {
        if (block_) ++block_->references;
    }
    BlockRef(BlockRef&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
    BlockRef& operator=(BlockRef other) noexcept {
        std::swap(block_, other.block_);
        return *this;
    }
    ~BlockRef() {
        if (block_ && --block_->references == 0) give_back();
    }

    explicit operator bool() const { return block_ != nullptr; }
    Block* operator->() const { return block_; }
    Block* get() const { return block_; }
    /// Nobody else refers to the block, so its free part may be written to.
    bool unique() const { return block_ && block_->references == 1; }

private:
    void give_back() noexcept;
    Block* block_ = nullptr;
};

/// One process's blocks. Keeps freed blocks for the next connection, up to a bound, and gives the rest back
/// to the system.
class BlockPool {
public:
    /// Payload bytes of an ordinary block: the longest TLS record that is sealed, with what protects it.
    static constexpr std::size_t block_size = 17 * 1024;
    static constexpr std::size_t large_block_size =
        64 * 1024;  ///< for a head that outgrows an ordinary block

    explicit BlockPool(std::size_t keep_free = 256) : keep_free_(keep_free) {}
    BlockPool(const BlockPool&) = delete;
    BlockPool& operator=(const BlockPool&) = delete;
    ~BlockPool();

    BlockRef take();
    /// A block of at least `bytes`, from the system.
    BlockRef take_large(std::size_t bytes);
    /// Gives the freed blocks back to the system: this process will need fewer.
    void trim() noexcept;
    std::size_t in_use() const { return in_use_; }
    /// Bytes of payload of all blocks in use.
    std::size_t bytes_in_use() const { return bytes_in_use_; }

private:
    friend class BlockRef;
    void give_back(Block* block) noexcept;

    Block* free_ = nullptr;
    std::size_t free_count_ = 0;
    std::size_t keep_free_;
    std::size_t in_use_ = 0;
    std::size_t bytes_in_use_ = 0;
};

}  // namespace baton
