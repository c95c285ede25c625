/// Changes the path that is sent upstream, as the route says.
#pragma once

#include "config/config.h"
#include "proxy/route/template_evaluation.h"

#include <optional>
#include <string>
#include <string_view>

namespace baton::route {

/// Memory that rewriting uses again for each request.
struct RewriteScratch {
    std::string path, replacement, normalised;
};

/// Strips a prefix (on segment borders), adds one, then replaces by regex. Returns `path` itself when nothing
/// changes, else a view of the scratch. Nothing when the replacement leaves no path that could be forwarded
/// (→ 400), such as one whose
/// `..` climbs above the root. There is no hidden rule for trailing slashes: `/api` stripped of `/api` is
/// `/`.
std::optional<std::string_view> rewrite_path(const config::Rewrite& rewrite, std::string_view path,
                                             const TemplateValues& values, RewriteScratch& scratch);

}  // namespace baton::route
