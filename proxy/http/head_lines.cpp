#include "proxy/http/head_lines.h"

#include "proxy/http/characters.h"

#include <algorithm>

namespace baton::http {

namespace {

/// What to say of the line where `progress` stands, which does not end within `data` and the limit as it
/// should.
ParseResult judge_unfinished(std::string_view data, std::size_t fields_end, HeadProgress& progress) {
    const std::size_t longest = std::max(fields_end, progress.line_begin + 2) - progress.line_begin - 2;
    const Line line = find_line(data, progress.line_begin, progress.scanned, longest);
    switch (line.status) {
        case LineStatus::partial: progress.scanned = line.scanned; return need_more;
        case LineStatus::bare_ending: return refuse(Rejection::bare_line_ending);
        case LineStatus::control: break;
        case LineStatus::complete:
        case LineStatus::too_long: return refuse(Rejection::fields_too_large);
    }
    const bool in_name = line.text.find(':') == std::string_view::npos;
    return refuse(in_name ? Rejection::bad_field_name : Rejection::bad_field_value);
}

/// The work of `take_field`, in line where the fields of a head are read.
inline ParseResult take(std::string_view line, std::string_view data, Field& field) {
    const char* end = line.data() + line.size();
    if (is(CharacterClass::whitespace, line.front()))
        return refuse(Rejection::obsolete_line_folding);  // §5.2
    const char* colon = find_first<searched::Exactly<':'>>(line.data(), end, data);
    if (colon == end) return refuse(Rejection::bad_field_name);
    field.name = {line.data(), static_cast<std::size_t>(colon - line.data())};
    field.id = field_id(field.name);
    // A known name is a token; whitespace before the colon makes any name unknown and none (RFC 9112 §5.1).
    if (field.id == FieldId::other && !consists_of(CharacterClass::token, field.name))
        return refuse(Rejection::bad_field_name);
    const char* value = colon + 1;
    while (value < end && is(CharacterClass::whitespace, *value)) ++value;
    while (value < end && is(CharacterClass::whitespace, end[-1])) --end;
    field.value = {value, static_cast<std::size_t>(end - value)};
    return complete;
}

}  // namespace

ParseResult take_field(std::string_view line, std::string_view data, Field& field) {
    return take(line, data, field);
}

ParseResult read_fields(std::string_view data, const HeadLimits& limits, HeadProgress& progress,
                        FieldList* fields) {
    const char* const begin = data.data();
    const char* const end = begin + data.size();
    const std::size_t fields_end =
        progress.fields_begin + limits.fields;  // no field line's CR LF is behind it
    const char* line = begin + progress.line_begin;
    const char* scanned = begin + progress.scanned;
    std::size_t count = progress.count;
    for (;;) {
        const char* stop = find_first<searched::Control>(scanned, end, data);
        const bool ends = end - stop >= 2 && stop[0] == '\r' && stop[1] == '\n';
        const bool fits = static_cast<std::size_t>(stop - begin) + 2 <= fields_end;
        if (!ends || (!fits && stop != line)) {
            progress = {static_cast<std::size_t>(line - begin), static_cast<std::size_t>(stop - begin),
                        progress.fields_begin, count};
            return judge_unfinished(data, fields_end, progress);
        }
        if (stop == line) {
            progress.line_begin = progress.scanned = static_cast<std::size_t>(stop + 2 - begin);
            return complete;
        }
        if (count == limits.count) return refuse(Rejection::too_many_fields);
        ++count;
        Field field;
        const ParseResult result = take({line, static_cast<std::size_t>(stop - line)}, data, field);
        if (result.status == ParseStatus::rejected) return result;
        if (fields) fields->add(field);
        line = scanned = stop + 2;
    }
}

}  // namespace baton::http
