/// `ASSERT` states an invariant of ours in every build: a broken one ends the process, which its parent replaces.
#pragma once

namespace baton {
[[noreturn]] void assertion_failed(const char* expression, const char* file, int line, const char* detail) noexcept;
}

#define ASSERT(expression) \
    (static_cast<bool>(expression) ? void(0) : ::baton::assertion_failed(#expression, __FILE__, __LINE__, ""))
/// The same with the machine's phase or another word that helps.
#define ASSERT_IN(expression, detail) \
    (static_cast<bool>(expression) ? void(0) : ::baton::assertion_failed(#expression, __FILE__, __LINE__, detail))
