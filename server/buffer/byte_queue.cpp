#include "server/buffer/byte_queue.h"

#include "server/assert.h"

#include <algorithm>
#include <cstring>

namespace baton {
namespace {

/// Copying so few bytes is cheaper than another element of the vector that writev walks.
constexpr std::size_t worth_a_slice = 1024;

/// Bytes behind the slice that nobody else can see or write.
std::size_t room_behind(const Slice& slice) {
    return slice.block.unique() ? slice.block->capacity - slice.offset - slice.length : 0;
}

}  // namespace

void ByteQueue::append(std::string_view bytes) {
    while (!bytes.empty()) {
        auto room = prepare(1);
        const std::size_t taken = std::min(room.size(), bytes.size());
        std::memcpy(room.data(), bytes.data(), taken);
        commit(taken);
        bytes.remove_prefix(taken);
    }
}

void ByteQueue::append(Slice slice) {
    if (slice.length == 0) return;
    if (slice.length < worth_a_slice && first_ < slices_.size() &&
        room_behind(slices_.back()) >= slice.length)
        return append(slice.view());
    size_ += slice.length;
    slices_.push_back(std::move(slice));
}

void ByteQueue::append(ByteQueue&& other) {
    other.move_to(*this, other.size());
}

void ByteQueue::share(const ByteQueue& other) {
    for (std::size_t i = other.first_; i < other.slices_.size(); ++i) append(Slice{other.slices_[i]});
}

std::span<char> ByteQueue::prepare(std::size_t at_least) {
    if (first_ < slices_.size()) {
        Slice& last = slices_.back();
        if (const std::size_t room = room_behind(last); room >= std::max<std::size_t>(at_least, 1))
            return {last.block->bytes() + last.offset + last.length, room};
    }
    slices_.push_back(Slice{pool_->take_large(at_least), 0, 0});
    return {slices_.back().block->bytes(), slices_.back().block->capacity};
}

void ByteQueue::commit(std::size_t bytes) {
    Slice& last = slices_.back();
    ASSERT(last.offset + last.length + bytes <= last.block->capacity);
    last.length += static_cast<std::uint32_t>(bytes);
    size_ += bytes;
}

void ByteQueue::consume(std::size_t bytes) {
    ASSERT(bytes <= size_);
    if (bytes == size_) return clear();
    size_ -= bytes;
    while (bytes > 0) {
        Slice& slice = slices_[first_];
        if (bytes < slice.length) {
            slice.offset += static_cast<std::uint32_t>(bytes);
            slice.length -= static_cast<std::uint32_t>(bytes);
            return;
        }
        bytes -= slice.length;
        slice.block = BlockRef{};
        ++first_;
    }
}

void ByteQueue::clear() {
    slices_.clear();
    first_ = 0;
    size_ = 0;
}

void ByteQueue::move_to(ByteQueue& to, std::size_t bytes) {
    ASSERT(bytes <= size_);
    while (bytes > 0) {
        Slice& slice = slices_[first_];
        if (bytes < slice.length) {
            to.append(Slice{slice.block, slice.offset, static_cast<std::uint32_t>(bytes)});
            return consume(bytes);
        }
        bytes -= slice.length;
        size_ -= slice.length;
        to.append(std::move(slice));
        slice = Slice{};
        ++first_;
    }
    if (size_ == 0) clear();
}

std::size_t ByteQueue::gather(std::span<iovec> out) const {
    std::size_t filled = 0;
    for (std::size_t i = first_; i < slices_.size() && filled < out.size(); ++i) {
        const Slice& slice = slices_[i];
        if (slice.length == 0) continue;
        out[filled++] = iovec{slice.block->bytes() + slice.offset, slice.length};
    }
    return filled;
}

std::string_view ByteQueue::front() const {
    for (std::size_t i = first_; i < slices_.size(); ++i)
        if (slices_[i].length > 0) return slices_[i].view();
    return {};
}

std::string ByteQueue::to_string() const {
    std::string text;
    text.reserve(size_);
    for (std::size_t i = first_; i < slices_.size(); ++i) text.append(slices_[i].view());
    return text;
}

}  // namespace baton
