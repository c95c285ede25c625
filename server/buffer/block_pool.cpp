#include "server/buffer/block_pool.h"

#include "server/assert.h"

#include <algorithm>
#include <cstdlib>
#include <new>

namespace baton {
namespace {

Block* allocate(BlockPool* pool, std::size_t capacity) {
    void* memory = std::malloc(sizeof(Block) + capacity);
    if (!memory) throw std::bad_alloc{};  // ends the worker, which its master replaces
    return new (memory) Block{pool, nullptr, 0, static_cast<std::uint32_t>(capacity)};
}

}  // namespace

BlockPool::~BlockPool() {
    trim();
}

void BlockPool::trim() noexcept {
    while (free_) std::free(std::exchange(free_, free_->next_free));
    free_count_ = 0;
}

BlockRef BlockPool::take() {
    Block* block = free_;
    if (block) {
        free_ = block->next_free;
        --free_count_;
    } else {
        block = allocate(this, block_size);
    }
    ++in_use_;
    bytes_in_use_ += block->capacity;
    return BlockRef{block};
}

BlockRef BlockPool::take_large(std::size_t bytes) {
    if (bytes <= block_size) return take();
    Block* block = allocate(this, std::max(bytes, large_block_size));
    ++in_use_;
    bytes_in_use_ += block->capacity;
    return BlockRef{block};
}

void BlockPool::give_back(Block* block) noexcept {
    --in_use_;
    bytes_in_use_ -= block->capacity;
    if (block->capacity != block_size || free_count_ >= keep_free_) {
        std::free(block);
        return;
    }
    block->next_free = free_;
    free_ = block;
    ++free_count_;
}

void BlockRef::give_back() noexcept {
    block_->pool->give_back(block_);
}

}  // namespace baton
