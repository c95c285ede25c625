/// How a replacement went, in the words that a waiting command and the log get.
#pragma once

#include "server/admin/orders.h"
#include "upgrade/upgrade.h"

#include <string>

namespace baton::upgrade {

/// `reload` or `upgrade`, and whose turn it is.
struct Replacement {
    std::string what;
    std::uint32_t from_generation = 0;
};

admin::Verdict describe(const Replacement& replacement, const Outcome& outcome);
/// One finished phase: a line for people, an object for programs.
admin::Verdict describe(const Replacement& replacement, const Outcome::Step& step);
/// An order that cannot be followed now.
admin::Verdict refusal(const std::string& what, int exit_code, const std::string& reason);

}  // namespace baton::upgrade
