/// One configuration as a tree: the main file with everything it includes.
#pragma once

#include "config/report.h"
#include "config/yaml_node.h"

#include <memory>
#include <string>
#include <vector>

namespace baton::config {

/// The files that were read; places point into them.
using Sources = std::vector<std::unique_ptr<SourceFile>>;

/// Reads `path`, follows includes (globs relative to the including file, sorted bytewise, at most 8 levels)
/// and substitutes `${…}`. Lists append, maps merge, a key set in two files is E-DUP. Null when the main file
/// is unusable.
NodePtr load_document(const std::string& path, Sources& sources, Report& report);

/// The same with the text of the main file already at hand.
NodePtr load_document_text(std::string text, const std::string& name, Sources& sources, Report& report);

}  // namespace baton::config
