/// Received, not yet understood bytes of one connection, contiguous so that a head can be parsed where it
/// lies.
#pragma once

#include "server/buffer/block_pool.h"
#include "server/buffer/byte_queue.h"

#include <cstddef>
#include <span>
#include <string_view>

namespace baton {

class ReceiveBuffer {
public:
    explicit ReceiveBuffer(BlockPool& pool) : pool_(&pool) {}
    ReceiveBuffer(ReceiveBuffer&& other) noexcept;
    ReceiveBuffer& operator=(ReceiveBuffer&& other) noexcept;

    /// The bytes; the view is valid until the next non-const call, except that `commit` and `consume` leave
    /// it valid.
    std::string_view data() const { return {block_ ? block_->bytes() + begin_ : nullptr, end_ - begin_}; }
    bool empty() const { return begin_ == end_; }
    std::size_t size() const { return end_ - begin_; }

    /// Room to read into, at least one byte and normally the rest of a block; takes a block when there is
    /// none.
    std::span<char> prepare();
    /// Makes room so that `total` bytes fit contiguously (a long head); existing bytes may move.
    void reserve(std::size_t total);
    void commit(std::size_t bytes) { end_ += bytes; }
    void consume(std::size_t bytes);
    /// The first `bytes` as a slice, consumed from here, not copied.
    Slice take_slice(std::size_t bytes);
    /// Keeps the block with the first `bytes` alive for whoever holds views into it (a head), and consumes
    /// them.
    BlockRef take_block(std::size_t bytes);
    /// Gives the block back when nothing is in it.
    void release_if_empty();
    BlockPool& pool() const { return *pool_; }

private:
    BlockPool* pool_;
    BlockRef block_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
};

}  // namespace baton
