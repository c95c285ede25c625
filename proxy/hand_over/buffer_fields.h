/// Bytes of a connection that are on their way, as fields of a parcel.
#pragma once

#include "server/buffer/byte_queue.h"
#include "server/buffer/receive_buffer.h"
#include "upgrade/hand_over/field_writer.h"
#include "upgrade/hand_over/strict_reader.h"

namespace baton::hand_over {

/// More than any side of a connection may hold: high watermark, one portion and what TLS adds, twice.
inline constexpr std::size_t most_buffered = std::size_t{512} * 1024;

void write_bytes(upgrade::FieldWriter& fields, upgrade::Tag tag, const ByteQueue& bytes);
void write_bytes(upgrade::FieldWriter& fields, upgrade::Tag tag, const ReceiveBuffer& bytes);
ByteQueue to_queue(std::string_view bytes, BlockPool& blocks);
ReceiveBuffer to_buffer(std::string_view bytes, BlockPool& blocks);

}  // namespace baton::hand_over
