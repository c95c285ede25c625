/// A socket address as fields of a parcel.
#pragma once

#include "server/net/address.h"
#include "upgrade/hand_over/field_reader.h"
#include "upgrade/hand_over/field_writer.h"

#include <optional>

namespace baton::upgrade {

/// docs/control_protocol.md lists them.
namespace address_tag {
enum : Tag { family = 1, ip = 2, port = 3, scope = 4, path = 5 };
}

/// As a group of that tag; an address of no family as well.
void write_address(FieldWriter& fields, Tag tag, const Address& address);
/// Nothing when there is none, or no address in it.
std::optional<Address> read_address(const FieldReader& fields, Tag tag);

}  // namespace baton::upgrade
