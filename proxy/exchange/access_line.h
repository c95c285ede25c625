/// The three shapes of an access log line. Each writes one record into a caller's room and allocates nothing.
#pragma once

#include "config/template.h"
#include "proxy/exchange/access_record.h"
#include "server/log/timestamp.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace baton {

/// Room that any line of `record` fits into, in bytes, newline included.
std::size_t access_line_bound(const AccessRecord& record);

/// One JSON object with the fields of the reference. Fields without a meaning for the record are left out.
class JsonAccessLine {
public:
    /// `fields` as in `logging.access.fields`: the names to keep, none = all.
    JsonAccessLine(const std::vector<std::string>& fields, std::uint32_t generation, std::uint32_t worker);
    /// Writes the line with its newline; returns its end.
    char* write(char* out, std::size_t capacity, const AccessRecord& record);

private:
    char* write_fitting(char* out, const AccessRecord& record);

    std::uint64_t kept_ = 0;  // a bit a field
    std::uint32_t generation_, worker_;
    TimestampWriter clock_{TimestampWriter::Precision::microseconds};
};

/// Apache's and nginx' combined format, byte for byte as nginx escapes it.
class CombinedAccessLine {
public:
    /// See JsonAccessLine::write. The time is that of the end of the request, as nginx has it.
    char* write(char* out, std::size_t capacity, const AccessRecord& record);

private:
    CommonLogTime clock_;
};

/// The configured template. A variable that the record knows nothing of, or is empty, becomes `-`; values are
/// escaped as in the combined format, so that a client can never start a line.
class TemplateAccessLine {
public:
    explicit TemplateAccessLine(config::Template line) : line_(std::move(line)) {}
    char* write(char* out, std::size_t capacity, const AccessRecord& record) const;

private:
    config::Template line_;
};

}  // namespace baton
