/// Any bytes in any text of a record make one line: in every format without a control character, in JSON also
/// valid.
#include "proxy/exchange/access_line.h"
#include "server/log/json_text.h"
#include "server/log/line_sink.h"

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace baton;

void require(bool fact) {
    if (!fact) std::abort();
}

/// Takes texts off the front of the input, each with its length in two bytes.
class Input {
public:
    Input(const std::uint8_t* data, std::size_t size) : rest_(reinterpret_cast<const char*>(data), size) {}
    std::uint8_t byte() {
        if (rest_.empty()) return 0;
        const auto value = static_cast<std::uint8_t>(rest_.front());
        rest_.remove_prefix(1);
        return value;
    }
    std::string_view text() {
        const std::size_t high = byte(), low = byte();
        const std::string_view taken = rest_.substr(0, high * 256 + low);
        rest_.remove_prefix(taken.size());
        return taken;
    }

private:
    std::string_view rest_;
};

/// A flat object of strings, numbers and facts, as JsonAccessLine writes it (RFC 8259).
bool is_flat_object(std::string_view json) {
    std::size_t at = 0;
    const auto take = [&](char c) { return at < json.size() && json[at] == c ? ++at, true : false; };
    const auto string = [&] {
        if (!take('"')) return false;
        while (at < json.size() && json[at] != '"') {
            const std::size_t length = utf8_character_length(json.substr(at));
            if (length == 0 || static_cast<unsigned char>(json[at]) < 0x20) return false;
            if (json[at] == '\\') {
                constexpr std::string_view escapes = "\"\\nrtu";
                if (at + 1 >= json.size() || escapes.find(json[at + 1]) == std::string_view::npos)
                    return false;
                if (json[at + 1] == 'u' && json.substr(at + 2, 2) != "00") return false;
                ++at;
            }
            at += length;
        }
        return take('"');
    };
    if (!take('{')) return false;
    do {
        if (!string() || !take(':')) return false;
        if (at < json.size() && json[at] == '"') {
            if (!string()) return false;
        } else {
            const std::size_t end = json.find_first_of(",}", at);
            if (end == std::string_view::npos || end == at) return false;
            const std::string_view scalar = json.substr(at, end - at);
            if (scalar != "true" && scalar != "false" &&
                scalar.find_first_not_of("0123456789.") != std::string_view::npos) {
                return false;
            }
            at = end;
        }
    } while (take(','));
    return take('}') && at == json.size();
}

void require_one_line(std::string_view line) {
    require(!line.empty() && line.size() <= LineSink::longest_line && line.back() == '\n');
    for (const char c : line.substr(0, line.size() - 1))
        require(static_cast<unsigned char>(c) >= 0x20 && c != 0x7F);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Input input(data, size);
    AccessRecord record;
    record.event = static_cast<AccessEvent>(input.byte() % 6);
    record.end = static_cast<End>(input.byte() % 16);
    record.status = input.byte();
    record.bytes_out = std::uint64_t{input.byte()} << (input.byte() % 56);
    record.total = Duration{std::int64_t{input.byte()} << (input.byte() % 48)};
    record.has_query = input.byte() % 2 == 0;
    for (std::string_view* const text :
         {&record.id, &record.method, &record.host, &record.path, &record.query, &record.user_agent,
          &record.referer, &record.detail, &record.endpoint, &record.upstream, &record.route,
          &record.tls_version, &record.server_name, &record.client_certificate}) {
        *text = input.text();
    }
    static const config::Template templated =
        config::Template::parse(
            "{host} {uri} {header.user-agent} {query.a} {tls.client_subject} {status} {duration}")
            .value();
    std::vector<char> room(LineSink::longest_line);
    const auto written = [&](auto&& line) {
        return std::string_view(room.data(), static_cast<std::size_t>(
                                                 line.write(room.data(), room.size(), record) - room.data()));
    };
    const std::string_view json = written(JsonAccessLine({}, 1, 0));
    require_one_line(json);
    require(is_flat_object(json.substr(0, json.size() - 1)));
    require_one_line(written(CombinedAccessLine{}));
    require_one_line(written(TemplateAccessLine(templated)));
    return 0;
}
