/// Which fields end at this hop (RFC 9110 §7.6.1).
#pragma once

#include <string_view>

#include "proxy/http/heads.h"

namespace baton::http {

/// Decides for one head which of its fields are not forwarded: the fixed hop-by-hop set and what Connection lists. A
/// client cannot have Host, Content-Length, Transfer-Encoding or X-Forwarded-* removed by listing them.
class HopByHop {
public:
    explicit HopByHop(const FieldList& fields) : fields_(fields) {}
    bool ends_here(const Field& field) const;

private:
    const FieldList& fields_;
};

/// Whether the comma-separated list of a known field contains `token`, without case, over all its lines.
bool lists_token(const FieldList& fields, FieldId id, std::string_view token);

}  // namespace baton::http
