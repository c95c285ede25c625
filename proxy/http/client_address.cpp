#include "proxy/http/client_address.h"

#include <algorithm>
#include <charconv>

namespace baton::http {

namespace {

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

bool is_trusted(std::span<const std::uint8_t> address, std::span<const config::Cidr> trusted) {
    return std::ranges::any_of(trusted, [&](const config::Cidr& block) { return block.contains(address); });
}

// Where the last member of a list begins; a comma within quotes separates nothing.
std::size_t begin_of_last_member(std::string_view list) {
    bool quoted = false;
    for (std::size_t i = list.size(); i > 0; --i) {
        if (list[i - 1] == '"') quoted = !quoted;
        if (list[i - 1] == ',' && !quoted) return i;
    }
    return 0;
}

bool starts_with_for(std::string_view parameter) {
    return parameter.size() > 4 && (parameter[0] | 0x20) == 'f' && (parameter[1] | 0x20) == 'o' &&
           (parameter[2] | 0x20) == 'r' && parameter[3] == '=';
}

// The `for` of one element of Forwarded, without quotes; empty when it has none (RFC 7239 §4).
std::string_view node_of(std::string_view element) {
    while (!element.empty()) {
        const std::size_t end = std::min(element.find(';'), element.size());
        std::string_view parameter = trimmed(element.substr(0, end));
        element.remove_prefix(std::min(end + 1, element.size()));
        if (!starts_with_for(parameter)) continue;
        parameter.remove_prefix(4);
        if (parameter.size() >= 2 && parameter.front() == '"' && parameter.back() == '"') {
            parameter = parameter.substr(1, parameter.size() - 2);
        }
        return parameter;
    }
    return {};
}

// Goes from right to left through the addresses that proxies have noted down.
class NodeWalk {
public:
    NodeWalk(const PartyAddress& peer, const config::Listener& listener)
        : client_(peer),
          trusted_(listener.trusted_proxies),
          is_forwarded_(listener.forwarded == config::ForwardedStyle::forwarded) {}

    FieldId field() const { return is_forwarded_ ? FieldId::forwarded : FieldId::x_forwarded_for; }
    bool is_over() const { return over_; }
    const PartyAddress& client() const { return client_; }

    void walk(std::string_view line) {
        while (!over_ && !line.empty()) {
            const std::size_t begin = begin_of_last_member(line);
            const std::string_view member = trimmed(line.substr(begin));
            visit(is_forwarded_ ? node_of(member) : member);
            line = line.substr(0, begin == 0 ? 0 : begin - 1);
        }
    }

private:
    void visit(std::string_view node) {
        const std::optional<PartyAddress> address = PartyAddress::parse(node);
        if (address) client_ = *address;
        over_ = !address || !is_trusted(address->bytes(), trusted_);
    }

    PartyAddress client_;
    std::span<const config::Cidr> trusted_;
    bool is_forwarded_;
    bool over_ = false;
};

}  // namespace

PartyAddress::PartyAddress(const Address& address) : port_(address.port()) {
    const auto bytes = address.ip_bytes();
    length_ = static_cast<std::uint8_t>(bytes.size());
    std::ranges::copy(bytes, bytes_.begin());
    set_text(is_ip() ? std::string_view(address.host()) : std::string_view("unix"));
}

void PartyAddress::set_text(std::string_view text) {
    text_length_ = static_cast<std::uint8_t>(std::min(text.size(), text_.size()));
    std::copy_n(text.begin(), text_length_, text_.begin());
}

std::optional<PartyAddress> PartyAddress::parse(std::string_view text) {
    std::string_view host = text;
    std::string_view port;
    if (text.starts_with('[')) {
        const std::size_t end = text.find(']');
        if (end == std::string_view::npos) return {};
        host = text.substr(1, end - 1);
        port = text.substr(end + 1);
        if (!port.empty() && port.front() != ':') return {};
        if (host.find(':') == std::string_view::npos) return {};
    } else if (const std::size_t colon = text.find(':');
               colon != std::string_view::npos && colon == text.rfind(':')) {
        host = text.substr(0, colon);  // an IPv4 address and its port; two colons make an IPv6 address
        port = text.substr(colon);
    }
    std::uint16_t number = 0;
    if (!port.empty()) {
        const char* end = port.data() + port.size();
        const auto [parsed, error] = std::from_chars(port.data() + 1, end, number);
        // RFC 7239 §6 allows a made-up port such as `_hidden`: it says nothing, but the address counts.
        if (error != std::errc{} || parsed != end) number = 0;
    }
    // The system's reader takes C strings: a NUL would end the text before we do.
    if (host.empty() || host.find('\0') != std::string_view::npos) return {};
    const std::optional<Address> address = Address::ip(host, number);
    if (!address) return {};
    return PartyAddress(*address);
}

Peer::Peer(const Address& peer, std::span<const config::Cidr> trusted_proxies)
    : address(peer), trusted(is_trusted(address.bytes(), trusted_proxies)) {}

PartyAddress resolve_client(const Peer& peer, const FieldList& fields, const config::Listener& listener) {
    if (!peer.trusted) return peer.address;
    NodeWalk nodes(peer.address, listener);
    if (!fields.has(nodes.field())) return peer.address;
    for (auto field = fields.end(); field != fields.begin() && !nodes.is_over();) {
        --field;
        if (field->id == nodes.field()) nodes.walk(field->value);
    }
    return nodes.client();
}

}  // namespace baton::http
