/// Reads one YAML value into one C++ type. The overload is chosen by the member that a row of the table
/// names.
#pragma once

#include "config/address_text.h"
#include "config/binder.h"
#include "config/draft.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace baton::config {

void bind_value(Binder& binder, const Key& key, const Node& node, bool& out);
void bind_value(Binder& binder, const Key& key, const Node& node, Duration& out);
void bind_value(Binder& binder, const Key& key, const Node& node, std::uint64_t& out);  ///< bytes
void bind_value(Binder& binder, const Key& key, const Node& node, double& out);         ///< a share
void bind_value(Binder& binder, const Key& key, const Node& node, std::string& out);
void bind_value(Binder& binder, const Key& key, const Node& node, Template& out);
void bind_value(Binder& binder, const Key& key, const Node& node, Cidr& out);
void bind_value(Binder& binder, const Key& key, const Node& node, Regex& out);
void bind_value(Binder& binder, const Key& key, const Node& node, ListenAddress& out);
void bind_value(Binder& binder, const Key& key, const Node& node, FilePath& out);
void bind_value(Binder& binder, const Key& key, const Node& node, Held& out);
void bind_value(Binder& binder, const Key& key, const Node& node, HeaderRules& out);  ///< merged into `out`
void bind_value(Binder& binder, const Key& key, const Node& node,
                std::vector<std::pair<std::string, Template>>& out);
void bind_value(Binder& binder, const Key& key, const Node& node, std::vector<FieldMatch>& out);
void bind_value(Binder& binder, const Key& key, const Node& node, std::shared_ptr<const Match>& out);
void bind_value(Binder& binder, const Key& key, const Node& node, std::vector<TargetDraft>& out);

/// Into `address`-like members of the endpoint.
void bind_endpoint_address(Binder& binder, const Key& key, const Node& node, Endpoint& out);

/// A whole number within the bounds of the key, `auto` as 0, a file mode; nothing after a reported mistake.
std::optional<std::int64_t> read_integer(Binder& binder, const Key& key, const Node& node);
/// The index of the word in `Key::choices`; nothing after a reported mistake.
std::optional<std::size_t> read_choice(Binder& binder, const Key& key, const Node& node);
/// The items of a list, or the value itself where a bare one is allowed; reports anything else.
std::vector<const Node*> read_items(Binder& binder, const Key& key, const Node& node);
/// Reports why an address cannot be read.
void report_address(Binder& binder, const Node& node, const AddressMistake& mistake);
/// Where the node was written.
Origin origin_of(const Node& node);
/// Whether the node is a scalar; reports it otherwise.
bool expect_scalar(Binder& binder, const Key& key, const Node& node);

template <class T>
requires std::is_integral_v<T>
void bind_value(Binder& binder, const Key& key, const Node& node, T& out) {
    if (const auto value = read_integer(binder, key, node)) out = static_cast<T>(*value);
}

template <class T>
requires std::is_enum_v<T>
void bind_value(Binder& binder, const Key& key, const Node& node, T& out) {
    if (const auto value = read_choice(binder, key, node)) out = static_cast<T>(*value);
}

template <class T>
void bind_value(Binder& binder, const Key& key, const Node& node, std::optional<T>& out);
template <class T>
void bind_value(Binder& binder, const Key& key, const Node& node, Placed<T>& out);
template <class T>
void bind_value(Binder& binder, const Key& key, const Node& node, std::vector<T>& out);

/// A nested block.
template <class T>
requires std::is_class_v<T>
void bind_value(Binder& binder, const Key& key, const Node& node, T& out) {
    if (key.fill == Fill::on_use) binder.set_defaults(*key.block, &out);
    binder.bind(*key.block, node, &out, &key);
}

template <class T>
void bind_value(Binder& binder, const Key& key, const Node& node, std::optional<T>& out) {
    T value{};
    bind_value(binder, key, node, value);
    out = std::move(value);
}

template <class T>
void bind_value(Binder& binder, const Key& key, const Node& node, Placed<T>& out) {
    bind_value(binder, key, node, out.value);
    out.node = binder.is_defaulting() ? nullptr : &node;
}

template <class T>
void bind_value(Binder& binder, const Key& key, const Node& node, std::vector<T>& out) {
    out.clear();
    std::size_t index = 0;
    for (const Node* item : read_items(binder, key, node)) {
        const Binder::Step step(binder, index++);
        T value{};
        bind_value(binder, key, *item, value);
        out.push_back(std::move(value));
    }
}

template <class Class, class Member>
Class class_of(Member Class::*);

/// The `Bind` of a row that fills a member, or a member of a member.
template <auto First, auto... Rest>
void into(Binder& binder, const Key& key, const Node& node, void* object) {
    using Owner = decltype(class_of(First));
    bind_value(binder, key, node, ((static_cast<Owner*>(object)->*First).*....*Rest));
}

/// The `Bind` of a row that has a function of its own for objects of type `Owner`.
template <class Owner, void (*Function)(Binder&, const Key&, const Node&, Owner&)>
void with(Binder& binder, const Key& key, const Node& node, void* object) {
    Function(binder, key, node, *static_cast<Owner*>(object));
}

}  // namespace baton::config
