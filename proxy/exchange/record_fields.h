/// An access record as fields of a parcel: the successor writes the line that the predecessor began.
#pragma once

#include "proxy/exchange/access_record.h"
#include "upgrade/hand_over/field_writer.h"
#include "upgrade/hand_over/strict_reader.h"

namespace baton {

void write_record(upgrade::FieldWriter& fields, const AccessRecord& record);
/// The texts are views of the fields' bytes.
AccessRecord read_record(upgrade::StrictReader& fields);

}  // namespace baton
