/// Applies a route's header rules (remove, set, add) while a head is written field by field.
#pragma once

#include "config/config.h"
#include "proxy/http/heads.h"
#include "proxy/http/http1_writer.h"
#include "proxy/route/template_evaluation.h"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace baton::route {

/// The rules of one route and direction, prepared for quick lookup. The writer of a head asks `removes` for
/// every field it would write, its own ones included, and lets `write` add the rest at the end.
///
/// Rules never touch the framing and the hop: Connection, Content-Length, Keep-Alive, TE, Trailer,
/// Transfer-Encoding and Upgrade. Host may be set, but neither removed nor added.
class HeaderRules {
public:
    HeaderRules() = default;
    /// `rules` must outlive the object.
    explicit HeaderRules(const config::HeaderRules& rules);

    bool empty() const { return ids_ == 0 && names_.empty() && prefixes_.empty() && lines_.empty(); }
    /// Whether a field is not written because it is removed or set by these rules.
    bool removes(const http::Field& field) const {
        if (field.id != http::FieldId::other) return (ids_ >> static_cast<unsigned>(field.id) & 1) != 0;
        return (!names_.empty() || !prefixes_.empty()) && removes_other(field.name);
    }
    bool removes(std::string_view name) const { return removes(http::Field{name, {}, http::field_id(name)}); }
    /// The same for a field that Baton would write itself, by its id.
    bool removes(http::FieldId id) const { return (ids_ >> static_cast<unsigned>(id) & 1) != 0; }
    /// One bit per FieldId that `removes`, for writers that take such a mask.
    std::uint64_t removed_ids() const { return ids_; }

    /// Writes what is set, then what is added. A `set` whose value evaluates to nothing writes no field.
    void write(http::HeadWriter& writer, const TemplateValues& values, std::string& scratch) const;

private:
    struct Line {
        std::string_view name;
        const config::Template* value;
    };
    bool removes_other(std::string_view name) const;
    void remove(std::string_view name);
    void remove_prefix(std::string prefix);

    std::uint64_t ids_ = 0;              // known fields that are not written
    std::uint64_t lengths_ = 0;          // bit n: some name of length n (mod 64) is in names_
    std::vector<std::string> names_;     // lower case, of fields without an id
    std::vector<std::string> prefixes_;  // lower case
    std::vector<Line> lines_;
};

}  // namespace baton::route
