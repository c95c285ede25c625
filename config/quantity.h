/// Numbers with units as the configuration writes them: durations, sizes and shares.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace baton::config {

/// Why a quantity cannot be read, with the code of the finding and a proposal.
struct QuantityMistake {
    std::string_view code;  ///< E-UNIT, E-RANGE or E-VALUE
    std::string message;
    std::string help;  ///< may be empty
};
template <class T>
using Quantity = tl::expected<T, QuantityMistake>;

/// Reads `250ms`, `30s`, `2.5ms`, `1h30m` (units ms, s, m, h, d, each at most once, falling). At least 1 ms,
/// except 0. Milliseconds that are no whole number are refused. A bare `0` is zero; `off` is the caller's.
Quantity<std::chrono::milliseconds> parse_duration(std::string_view text);

/// Reads bytes: `512B`, `16KiB`, `10MiB`, `1GiB`, `1TiB` or decimal `10kB`/`10KB`, `10MB`, `1GB`. A bare `0`
/// is zero.
Quantity<std::uint64_t> parse_size(std::string_view text);

/// Reads `50%` or `0.5%` as a share, 0..1.
Quantity<double> parse_percent(std::string_view text);

/// Reads a whole number in decimal digits, with a sign at most; no `010`, no `0x10`, no `1e3`.
Quantity<std::int64_t> parse_integer(std::string_view text);

/// A text that `parse_duration` reads back, the same for equal durations: `75s`, `90m`, `0`.
std::string duration_text(std::chrono::milliseconds duration);
/// The same for sizes: `16KiB`, `10001B`, `0`.
std::string size_text(std::uint64_t bytes);
/// The same for shares: `50%`.
std::string percent_text(double share);

}  // namespace baton::config
