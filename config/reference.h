/// What the table of keys says about itself.
#pragma once

#include <string>

namespace baton::config {

/// The JSON Schema (draft 7) of the configuration language of this binary, for editors.
std::string json_schema();

/// The reference page, Markdown: `docs/configuration.md`.
std::string reference_page();

}  // namespace baton::config
