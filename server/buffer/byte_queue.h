/// Bytes waiting to be written: a queue of slices of blocks, so that a body crosses from one connection to
/// the other without being copied.
#pragma once

#include "server/buffer/block_pool.h"

#include <sys/uio.h>

#include <boost/container/small_vector.hpp>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace baton {

/// A run of bytes in a block, kept alive by its share in the block.
struct Slice {
    BlockRef block;
    std::uint32_t offset = 0;
    std::uint32_t length = 0;
    std::string_view view() const { return {block->bytes() + offset, length}; }
};

class ByteQueue {
public:
    explicit ByteQueue(BlockPool& pool) : pool_(&pool) {}
    ByteQueue(ByteQueue&&) = default;
    ByteQueue& operator=(ByteQueue&&) = default;

    /// Copies `bytes` to the end.
    void append(std::string_view bytes);
    /// Puts `slice` at the end without copying; a short one is copied when the last block has room, which is
    /// cheaper.
    void append(Slice slice);
    /// Moves everything of `other` to the end.
    void append(ByteQueue&& other);
    /// Puts the bytes of `other` at the end as well, sharing its blocks: a body that may be needed once more.
    void share(const ByteQueue& other);
    /// Room for `at_least` contiguous bytes at the end; what was written there becomes part of the queue by
    /// `commit`.
    std::span<char> prepare(std::size_t at_least);
    void commit(std::size_t bytes);

    std::size_t size() const { return size_; }
    bool empty() const { return size_ == 0; }
    /// Drops the first `bytes`.
    void consume(std::size_t bytes);
    void clear();
    /// Moves the first `bytes` (at most `size()`) to the end of `to`.
    void move_to(ByteQueue& to, std::size_t bytes);
    /// Fills `out` with the first slices for writev; says how many were filled.
    std::size_t gather(std::span<iovec> out) const;
    /// The first contiguous run; empty when the queue is.
    std::string_view front() const;
    /// A copy of everything, for tests and short messages.
    std::string to_string() const;
    BlockPool& pool() const { return *pool_; }

private:
    BlockPool* pool_;
    boost::container::small_vector<Slice, 4> slices_;
    std::size_t first_ = 0;  // slices before it have been consumed
    std::size_t size_ = 0;
};

}  // namespace baton
