/// `--canary` and its companions: what a person writes, and the words that go to the master.
#pragma once

#include "server/admin/command_line.h"
#include "server/admin/orders.h"

#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace baton::admin {

/// From `--canary 10%,50%`, `--for 2m`, `--max-error-rate 0.5%`, `--max-p99 +20%`. Fails with words.
tl::expected<CanaryOrder, std::string> read_canary_flags(const Invocation& invocation);

/// Adds one word for each thing that is said, each behind a space.
void append_words(std::string& line, const CanaryOrder& order);
/// False when it is no word of a canary, or says something again.
bool read_word(std::string_view word, CanaryOrder& order);

}  // namespace baton::admin
