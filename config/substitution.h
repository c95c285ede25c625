/// Replaces `${…}` in the scalars of a tree when it is loaded, after parsing: a value can never inject
/// structure.
///
/// `${VAR}`, `${VAR:-default}`, `${VAR:?message}` read the environment, `${file:PATH}` a file (relative to
/// the configuration file), `${cred:NAME}` a systemd credential. Contents of files and credentials are
/// secrets: their nodes are marked.
/// `$name` without braces stays as it is and `$${` stands for `${`.
#pragma once

#include "config/report.h"
#include "config/yaml_node.h"

namespace baton::config {

/// Substitutes below the root of a file; what stands under `x-*` keys is left alone until something refers to
/// it.
void substitute_document(Node& root, Report& report);

}  // namespace baton::config
