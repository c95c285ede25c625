/// What the binder fills before references are resolved and inheritance is applied.
///
/// Nodes are borrowed from the document, which outlives every draft.
#pragma once

#include "config/config.h"
#include "config/yaml_node.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace baton::config {

/// A value that is read later, with the path of its key. The node is null when the key was not written.
struct Held {
    const Node* node = nullptr;
    std::string path;
};

/// A value with the node it was read from, which is null when it was not written.
template <class T>
struct Placed {
    T value{};
    const Node* node = nullptr;
};

struct Draft {
    const Node* root = nullptr;  ///< of the document
    Config config;
    WebSocket websocket;
    Retries retries;
    HeaderRules request_headers;
    HeaderRules response_headers;
    Held listeners;
    Held hosts;
    Held upstreams;
};

struct ListenerDraft {
    Listener listener;
    const Node* node = nullptr;
    std::string path;
    std::vector<Placed<ListenAddress>> addresses;
    Held timeouts;
    Held limits;
};

/// An upstream that a route leads to.
struct TargetDraft {
    Placed<std::string> upstream;
    std::uint32_t weight = 1;
};

struct RouteDraft {
    Route route;
    const Node* node = nullptr;
    std::string path;
    std::vector<TargetDraft> targets;
    std::optional<Redirect> redirect;
    std::optional<Respond> respond;
    Held timeouts;
    Held limits;
    Held retries;
    bool flawed = false;  ///< a mistake in it was reported, so it is not what its author means
};

/// Whether plain HTTP is sent to a TLS listener; `automatic` when there is one.
enum class RedirectHttps : std::uint8_t { automatic, on, off };

/// What Strict-Transport-Security is made of (RFC 6797 §6.1).
struct HstsDraft {
    Duration max_age{0};  ///< 0 = no such field
    bool include_subdomains = false;
    bool preload = false;
};

struct HostDraft {
    Host host;
    const Node* node = nullptr;
    std::string path;
    std::vector<Placed<std::string>> names;
    std::vector<Placed<std::string>> listeners;
    RedirectHttps redirect_https = RedirectHttps::automatic;
    HstsDraft hsts;
    Held timeouts;
    Held limits;
    WebSocket websocket;
    Retries retries;
    HeaderRules request_headers;
    HeaderRules response_headers;
    Held routes;
    std::vector<RouteDraft> route_drafts;
};

struct UpstreamDraft {
    Upstream upstream;
    const Node* node = nullptr;
    std::string path;
    Held timeouts;
    Held retries;
    bool used = false;
};

}  // namespace baton::config
