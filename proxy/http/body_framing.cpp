#include "proxy/http/body_framing.h"

#include "proxy/http/characters.h"
#include "proxy/http/head_lines.h"

namespace baton::http {

namespace {

/// 1*DIGIT of at most 2^63-1, so that no reader's signed 64 bits overflow.
bool read_length(std::string_view text, std::uint64_t& length) {
    if (text.size() > 19 || !consists_of(CharacterClass::digit, text)) return false;
    length = 0;
    for (const char c : text) length = length * 10 + static_cast<std::uint64_t>(c - '0');
    return length <= INT64_MAX;
}

/// One length, or several equal ones (RFC 9110 §8.6), which are taken as one. Equal means the same digits:
/// `10` and `010` are two.
ParseResult read_content_length(const FieldList& fields, BodyFraming& framing) {
    std::string_view agreed;
    for (const Field& field : fields) {
        if (field.id != FieldId::content_length) continue;
        if (field.value.empty() || field.value.ends_with(',')) return refuse(Rejection::bad_content_length);
        for (std::string_view rest = field.value; !rest.empty();) {
            const std::string_view element = take_list_element(rest);
            if (!read_length(element, framing.length)) return refuse(Rejection::bad_content_length);
            if (!agreed.empty() && element != agreed) return refuse(Rejection::conflicting_length);
            agreed = element;
        }
    }
    framing.kind = Framing::length;
    return complete;
}

/// Exactly one coding, `chunked`, is understood. Another coding is a request for more than we do (501);
/// anything that is not a list of codings, or chunked twice, is faulty.
ParseResult read_transfer_encoding(const FieldList& fields, BodyFraming& framing) {
    unsigned chunked = 0;
    bool unknown = false;
    for (const Field& field : fields) {
        if (field.id != FieldId::transfer_encoding) continue;
        if (field.value.empty() || field.value.ends_with(','))
            return refuse(Rejection::bad_transfer_encoding);
        for (std::string_view rest = field.value; !rest.empty();) {
            const std::string_view coding = take_list_element(rest);
            if (!consists_of(CharacterClass::token, coding)) return refuse(Rejection::bad_transfer_encoding);
            if (equals_without_case(coding, "chunked"))
                ++chunked;
            else
                unknown = true;
        }
    }
    if (chunked > 1) return refuse(Rejection::bad_transfer_encoding);
    if (unknown) return refuse(Rejection::unknown_transfer_coding);
    framing.kind = Framing::chunked;
    return complete;
}

}  // namespace

ParseResult read_framing(const FieldList& fields, unsigned minor_version, BodyFraming& framing) {
    framing = {};
    const bool has_length = fields.has(FieldId::content_length);
    if (!fields.has(FieldId::transfer_encoding))
        return has_length ? read_content_length(fields, framing) : complete;
    if (minor_version == 0) return refuse(Rejection::transfer_encoding_in_1_0);
    if (has_length) return refuse(Rejection::conflicting_length);
    return read_transfer_encoding(fields, framing);
}

}  // namespace baton::http
