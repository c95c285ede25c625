#include "server/buffer/receive_buffer.h"

#include "server/assert.h"

#include <algorithm>
#include <cstring>

namespace baton {
namespace {

/// With less room than this a read is not worth its system call.
constexpr std::size_t smallest_read = 2048;

}  // namespace

ReceiveBuffer::ReceiveBuffer(ReceiveBuffer&& other) noexcept
    : pool_(other.pool_),
      block_(std::move(other.block_)),
      begin_(std::exchange(other.begin_, 0)),
      end_(std::exchange(other.end_, 0)) {}

ReceiveBuffer& ReceiveBuffer::operator=(ReceiveBuffer&& other) noexcept {
    pool_ = other.pool_;
    block_ = std::move(other.block_);
    begin_ = std::exchange(other.begin_, 0);
    end_ = std::exchange(other.end_, 0);
    return *this;
}

std::span<char> ReceiveBuffer::prepare() {
    if (!block_) {
        block_ = pool_->take();
        begin_ = end_ = 0;
    }
    if (empty() && block_.unique()) begin_ = end_ = 0;
    if (block_->capacity - end_ < smallest_read) reserve(size() + smallest_read);
    return {block_->bytes() + end_, block_->capacity - end_};
}

void ReceiveBuffer::reserve(std::size_t total) {
    if (block_ && begin_ + total <= block_->capacity) return;
    if (block_ && block_.unique() && total <= block_->capacity) {
        std::memmove(block_->bytes(), block_->bytes() + begin_, size());
        end_ -= begin_;
        begin_ = 0;
        return;
    }
    // Slices of the present block are still under way, or it is too small: only the unread bytes move.
    BlockRef roomier = pool_->take_large(total);
    const std::size_t unread = size();
    if (unread > 0) std::memcpy(roomier->bytes(), block_->bytes() + begin_, unread);
    block_ = std::move(roomier);
    begin_ = 0;
    end_ = unread;
}

void ReceiveBuffer::consume(std::size_t bytes) {
    ASSERT(bytes <= size());
    begin_ += bytes;
}

Slice ReceiveBuffer::take_slice(std::size_t bytes) {
    ASSERT(bytes <= size());
    Slice slice{block_, static_cast<std::uint32_t>(begin_), static_cast<std::uint32_t>(bytes)};
    begin_ += bytes;
    return slice;
}

BlockRef ReceiveBuffer::take_block(std::size_t bytes) {
    ASSERT(bytes <= size());
    begin_ += bytes;
    if (empty()) {
        begin_ = end_ = 0;
        return std::move(block_);
    }
    return block_;
}

void ReceiveBuffer::release_if_empty() {
    if (!empty()) return;
    block_ = BlockRef{};
    begin_ = end_ = 0;
}

}  // namespace baton
