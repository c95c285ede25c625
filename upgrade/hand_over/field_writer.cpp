#include "upgrade/hand_over/field_writer.h"

#include "server/assert.h"

#include <array>
#include <limits>

namespace baton::upgrade {
namespace {

constexpr std::size_t header_size = 6;
constexpr std::size_t length_size = 4;
constexpr std::size_t number_size = 8;

/// The lowest `bytes` of `value`, the least significant first.
void put(char* to, std::uint64_t value, std::size_t bytes) {
    for (std::size_t i = 0; i < bytes; ++i) to[i] = static_cast<char>(value >> (8 * i) & 0xFF);
}

void put_header(char* to, Tag tag, std::size_t length) {
    ASSERT(length <= std::numeric_limits<std::uint32_t>::max());
    put(to, tag, header_size - length_size);
    put(to + header_size - length_size, length, length_size);
}

}  // namespace

void FieldWriter::number(Tag tag, std::uint64_t value) {
    std::array<char, header_size + number_size> field;
    put_header(field.data(), tag, number_size);
    put(field.data() + header_size, value, number_size);
    out_->append({field.data(), field.size()});
}

void FieldWriter::text(Tag tag, std::string_view value) {
    std::array<char, header_size> header;
    put_header(header.data(), tag, value.size());
    out_->append({header.data(), header.size()});
    out_->append(value);
}

std::size_t FieldWriter::begin_group(Tag tag) {
    text(tag, {});
    return out_->size();
}

void FieldWriter::end_group(std::size_t begun) {
    const std::size_t length = out_->size() - begun;
    ASSERT(begun >= header_size && length <= std::numeric_limits<std::uint32_t>::max());
    put(out_->data() + begun - length_size, length, length_size);
}

std::size_t FieldWriter::size() const {
    return out_->size();
}

}  // namespace baton::upgrade
