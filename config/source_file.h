/// The text of one configuration file, kept to show lines of it in findings.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace baton::config {

class SourceFile {
public:
    /// `name` is how messages call the file; relative includes are looked up beside it.
    SourceFile(std::string name, std::string text);

    const std::string& name() const { return name_; }
    const std::string& text() const { return text_; }
    /// The line without its end, counting from 1; empty when there is none. Valid as long as this object.
    std::string_view line(int number) const;
    /// The directory part of the name, `.` when it has none.
    std::string directory() const;

private:
    std::string name_;
    std::string text_;
    std::vector<std::size_t> line_starts_;
};

/// Where something is written. `file` points to a source that the loader keeps; null is a value that no file
/// holds.
struct Place {
    const SourceFile* file = nullptr;
    int line = 0;        // from 1
    int column = 0;      // from 1, in bytes
    int end_column = 0;  // one past the last byte
};

}  // namespace baton::config
