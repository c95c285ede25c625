#include "proxy/http/head_lines.h"

#include "proxy/http/characters.h"

namespace baton::http {

namespace {

/// Why a line that is not complete and not partial is refused.
Rejection field_line_rejection(const Line& line) {
    if (line.status == LineStatus::too_long) return Rejection::fields_too_large;
    if (line.status == LineStatus::bare_ending) return Rejection::bare_line_ending;
    return line.text.find(':') == std::string_view::npos ? Rejection::bad_field_name
                                                         : Rejection::bad_field_value;
}

}  // namespace

ParseResult take_field(std::string_view line, const char* readable, Field& field) {
    const char* end = line.data() + line.size();
    const char* colon = find_first<searched::Exactly<':'>>(line.data(), end, readable);
    if (is(CharacterClass::whitespace, line.front()))
        return refuse(Rejection::obsolete_line_folding);  // §5.2
    if (colon == end) return refuse(Rejection::bad_field_name);
    field.name = {line.data(), static_cast<std::size_t>(colon - line.data())};
    field.id = field_id(field.name);
    // A known name is a token; whitespace before the colon makes any name unknown and none (RFC 9112 §5.1).
    if (field.id == FieldId::other && !consists_of(CharacterClass::token, field.name))
        return refuse(Rejection::bad_field_name);
    field.value = without_whitespace({colon + 1, static_cast<std::size_t>(end - colon - 1)});
    return complete;
}

ParseResult read_fields(std::string_view data, const HeadLimits& limits, HeadProgress& progress,
                        FieldList* fields) {
    const char* readable = data.data() + data.size();
    for (;;) {
        const std::size_t used = progress.line_begin - progress.fields_begin;
        const std::size_t longest = limits.fields > used + 2 ? limits.fields - used - 2 : 0;
        const Line line = find_line(data, progress.line_begin, progress.scanned, longest);
        if (line.status == LineStatus::partial) {
            progress.scanned = line.scanned;
            return need_more;
        }
        if (line.status != LineStatus::complete) return refuse(field_line_rejection(line));
        progress.line_begin += line.text.size() + 2;
        progress.scanned = progress.line_begin;
        if (line.text.empty()) return complete;
        if (progress.count == limits.count) return refuse(Rejection::too_many_fields);
        ++progress.count;
        Field field;
        if (const ParseResult result = take_field(line.text, readable, field);
            result.status == ParseStatus::rejected)
            return result;
        if (fields) fields->add(field);
    }
}

}  // namespace baton::http
