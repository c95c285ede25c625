#include "config/source_file.h"

#include <utility>

namespace baton::config {

SourceFile::SourceFile(std::string name, std::string text) : name_(std::move(name)), text_(std::move(text)) {
    line_starts_.push_back(0);
    for (std::size_t i = 0; i < text_.size(); ++i) {
        if (text_[i] == '\n') line_starts_.push_back(i + 1);
    }
}

std::string_view SourceFile::line(int number) const {
    if (number < 1 || static_cast<std::size_t>(number) > line_starts_.size()) return {};
    const std::size_t begin = line_starts_[static_cast<std::size_t>(number) - 1];
    const std::size_t end = text_.find('\n', begin);
    std::string_view line =
        std::string_view(text_).substr(begin, end == std::string::npos ? end : end - begin);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    return line;
}

std::string SourceFile::directory() const {
    const std::size_t slash = name_.rfind('/');
    if (slash == std::string::npos) return ".";
    return slash == 0 ? "/" : name_.substr(0, slash);
}

}  // namespace baton::config
