#include "proxy/demo/content.h"

#include <algorithm>
#include <cinttypes>
#include <cstdio>

namespace baton::demo {

std::string repeated_content(std::string_view token, std::size_t size) {
    std::string content;
    content.reserve(size + token.size() + 1);
    while (content.size() < size) content.append(token).append(1, '\n');
    content.resize(size);
    return content;
}

void ContentCheck::expect(std::string_view token, std::size_t size) {
    unit_.assign(token).append(1, '\n');
    size_ = size;
    seen_ = wrong_at_ = 0;
    wrong_ = false;
}

void ContentCheck::see(std::string_view piece) {
    while (!piece.empty() && !wrong_) {
        const std::size_t at = seen_ % unit_.size();
        const std::size_t length = std::min({piece.size(), unit_.size() - at, size_ - seen_});
        if (length == 0 || piece.substr(0, length) != std::string_view(unit_).substr(at, length)) {
            wrong_ = true;
            wrong_at_ = seen_;
            return;
        }
        seen_ += length;
        piece.remove_prefix(length);
    }
}

std::string ContentCheck::verdict() const {
    if (complete()) return {};
    const std::string of_all = " of " + std::to_string(size_) + " expected bytes";
    if (wrong_) return "wrong bytes from " + std::to_string(wrong_at_) + of_all;
    return "the response ended after " + std::to_string(seen_) + of_all;
}

void Digest::add(std::string_view bytes) {
    hash_.add(bytes);
    length_ += bytes.size();
}

std::string Digest::answer() const {
    char text[64];
    const int length =
        std::snprintf(text, sizeof text, "%" PRIu64 " %016" PRIx64 "\n", length_, hash_.value());
    return {text, static_cast<std::size_t>(length)};
}

}  // namespace baton::demo
