/// Durations for people: `1d3h`, `2m7s`, `0.41s`.
#pragma once

#include "server/event/clock.h"

#include <string>

namespace baton {

/// Whole seconds in its two largest units; a negative one is 0s.
std::string in_words(Duration duration);
/// With two decimals, for what takes seconds at most.
std::string in_seconds(Duration duration);

}  // namespace baton
