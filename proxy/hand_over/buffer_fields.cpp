#include "proxy/hand_over/buffer_fields.h"

#include <cstring>

namespace baton::hand_over {

void write_bytes(upgrade::FieldWriter& fields, upgrade::Tag tag, const ByteQueue& bytes) {
    fields.text(tag, bytes.empty() ? std::string{} : bytes.to_string());
}

void write_bytes(upgrade::FieldWriter& fields, upgrade::Tag tag, const ReceiveBuffer& bytes) {
    fields.text(tag, bytes.data());
}

ByteQueue to_queue(std::string_view bytes, BlockPool& blocks) {
    ByteQueue queue{blocks};
    queue.append(bytes);
    return queue;
}

ReceiveBuffer to_buffer(std::string_view bytes, BlockPool& blocks) {
    ReceiveBuffer buffer{blocks};
    if (bytes.empty()) return buffer;
    buffer.reserve(bytes.size());
    const std::span<char> room = buffer.prepare();
    std::memcpy(room.data(), bytes.data(), bytes.size());
    buffer.commit(bytes.size());
    return buffer;
}

}  // namespace baton::hand_over
