#include "proxy/http/heads.h"

#include "proxy/http/characters.h"

namespace baton::http {

std::string_view FieldList::first(FieldId id) const {
    if (!has(id)) return {};
    for (const Field& field : fields_)
        if (field.id == id) return field.value;
    return {};
}

const Field* FieldList::find(std::string_view name) const {
    const FieldId id = field_id(name);
    if (!has(id)) return nullptr;
    for (const Field& field : fields_)
        if (field.id == id && (id != FieldId::other || equals_without_case(field.name, name))) return &field;
    return nullptr;
}

}  // namespace baton::http
