/// Collects everything that is wrong with a configuration while it is read, up to 1000 findings.
#pragma once

#include "config/finding.h"
#include "config/source_file.h"

#include <string>
#include <string_view>
#include <vector>

namespace baton::config {

class Report {
public:
    /// Adds a finding at `place` and returns it for completion, such as related places. Valid until the next
    /// is added.
    Finding& error(std::string_view code, const Place& place, std::string path, std::string message,
                   std::string help = {});
    Finding& warning(std::string_view code, const Place& place, std::string path, std::string message,
                     std::string help = {});

    std::size_t errors() const { return errors_; }
    /// All findings in the order of `add_file`, then by position, without repetitions (an alias that is used
    /// twice is checked twice).
    std::vector<Finding> sorted() const;
    /// Fixes the order of the files in `sorted`.
    void add_file(const SourceFile& file) { files_.push_back(file.name()); }

private:
    Finding& add(Severity severity, std::string_view code, const Place& place, std::string path,
                 std::string message, std::string help);

    std::vector<Finding> findings_;
    std::vector<std::string> files_;
    Finding spare_;  // takes what is added after the report is full
    std::size_t errors_ = 0;
};

}  // namespace baton::config
