/// Findings about keys after loading: of files that they name, of what those contain.
#pragma once

#include "config/config.h"
#include "config/finding.h"

#include <string>
#include <string_view>

namespace baton::config {

/// A finding about the value that was written at `origin`, with its line, which is read from the file again.
/// Without an origin (a configuration that no file holds) it has no place.
Finding finding_at(const Origin& origin, Severity severity, std::string_view code, std::string path,
                   std::string message, std::string help = {});

}  // namespace baton::config
