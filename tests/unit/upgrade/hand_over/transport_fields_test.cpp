#include "upgrade/hand_over/transport_fields.h"

#include "tests/support/record_pair.h"
#include "tests/unit/upgrade/hand_over/fixed_transport.h"
#include "upgrade/hand_over/address_fields.h"
#include "upgrade/hand_over/tls_fields.h"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <functional>
#include <optional>

using namespace baton;
using namespace baton::test;
using namespace baton::upgrade;
using baton::tls::Role;
namespace data = boost::unit_test::data;

namespace {

std::string fields_of(const TransportState& state) {
    SecretBuffer buffer;
    FieldWriter writer{buffer};
    write_transport(writer, state);
    return std::string{buffer.view()};
}

/// A transport's fields with one thing wrong in them.
struct Wrong {
    explicit Wrong(std::uint16_t suite = 0x1301) : state(fixed_transport(*world.workspace, suite)) {}

    std::optional<Refusal> refusal() { return refusal_of(fields_of(state)); }
    std::optional<Refusal> refusal_of(std::string_view bytes) {
        const auto fields = FieldReader::over(bytes);
        if (!fields) return Refusal::malformed;
        const auto read = read_transport(*fields, world.workspace.get());
        return read ? std::nullopt : std::optional{read.error()};
    }
    /// Puts `field` in front: of a tag that comes twice the first counts.
    std::optional<Refusal> refusal_with(const std::function<void(FieldWriter&)>& field) {
        SecretBuffer buffer;
        FieldWriter writer{buffer};
        write_address(writer, transport_tag::peer, state.peer);
        writer.group(transport_tag::tls, [&] {
            field(writer);
            write_tls(writer, *state.tls);
        });
        return refusal_of(buffer.view());
    }

    RecordWorld world;
    TransportState state;
};

bool is(std::optional<Refusal> refusal, Refusal expected) {
    return refusal && *refusal == expected;
}

/// The fields of `bytes` without the one that begins at each place in turn.
std::vector<std::string> without_one_field(std::string_view bytes) {
    std::vector<std::string> all;
    for (std::size_t at = 0; at < bytes.size();) {
        std::uint32_t length = 0;
        std::memcpy(&length, bytes.data() + at + 2, sizeof length);
        all.push_back(std::string{bytes.substr(0, at)}.append(bytes.substr(at + 6 + length)));
        at += 6 + length;
    }
    return all;
}

Address round_trip(const Address& address) {
    SecretBuffer buffer;
    FieldWriter writer{buffer};
    write_address(writer, 7, address);
    const auto read = read_address(*FieldReader::over(buffer.view()), 7);
    BOOST_REQUIRE(read.has_value());
    return *read;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(transport_fields)

BOOST_DATA_TEST_CASE(every_suite_is_read_back_as_it_was_written, data::make(every_suite), suite) {
    RecordWorld world;
    const TransportState written = fixed_transport(*world.workspace, suite);
    const std::string bytes = fields_of(written);
    const auto read = read_transport(*FieldReader::over(bytes), world.workspace.get());
    BOOST_REQUIRE(read.has_value());
    BOOST_TEST((read->peer == written.peer));
    const tls::TlsState& tls = *read->tls;
    const tls::CipherSuite& known = *tls::find_suite(suite);
    BOOST_TEST(std::memcmp(&tls.keys->writing.key, &written.tls->keys->writing.key, known.key_length()) == 0);
    BOOST_TEST(
        std::memcmp(&tls.keys->reading.iv, &written.tls->keys->reading.iv, known.fixed_nonce_length()) == 0);
    BOOST_TEST(tls.keys->writing.sequence == written.tls->keys->writing.sequence);
    BOOST_TEST(tls.keys->reading.sequence == written.tls->keys->reading.sequence);
    if (known.has_explicit_nonce())
        BOOST_TEST(tls.keys->writing.explicit_nonce == written.tls->keys->writing.explicit_nonce);
    BOOST_TEST(tls.layer.allowance == written.tls->layer.allowance);
    BOOST_TEST(tls.info.client->der == written.tls->info.client->der);
    BOOST_TEST(tls.info.client->not_after == written.tls->info.client->not_after);
    BOOST_TEST(tls.received == written.tls->received);
    BOOST_TEST(tls.sealed == written.tls->sealed);
    BOOST_TEST(fields_of(*read) == bytes);
}

BOOST_AUTO_TEST_CASE(every_kind_of_address_is_read_back) {
    for (const std::string_view ip : {"127.0.0.1", "::1", "::ffff:10.0.0.1", "fe80::1"}) {
        const Address address = *Address::ip(ip, 65535);
        const Address back = round_trip(address);
        BOOST_TEST((back == address));
        BOOST_TEST(back.family() == address.family());
        BOOST_TEST(back.length() == address.length());
    }
    sockaddr_in6 scoped{};
    scoped.sin6_family = AF_INET6;
    scoped.sin6_scope_id = 3;
    const Address back = round_trip(Address::from(reinterpret_cast<const sockaddr*>(&scoped), sizeof scoped));
    BOOST_TEST(reinterpret_cast<const sockaddr_in6*>(back.data())->sin6_scope_id == 3u);
    for (const std::string& path : {std::string{"/run/app.sock"}, std::string(107, 'p')}) {
        const Address local = *Address::unix_path(path);
        BOOST_TEST(round_trip(local).to_string() == "unix:" + path);
        BOOST_TEST(round_trip(local).length() == local.length());
    }
    sockaddr_un unnamed{};
    unnamed.sun_family = AF_UNIX;
    BOOST_TEST(round_trip(Address::from(reinterpret_cast<const sockaddr*>(&unnamed), 2)).length() == 2u);
    BOOST_TEST(round_trip(Address{}).family() == AF_UNSPEC);
}

BOOST_AUTO_TEST_CASE(an_address_that_is_none_is_refused) {
    const auto refused = [](const std::function<void(FieldWriter&)>& write) {
        SecretBuffer buffer;
        FieldWriter writer{buffer};
        writer.group(transport_tag::peer, [&] { write(writer); });
        return !read_address(*FieldReader::over(buffer.view()), transport_tag::peer).has_value();
    };
    BOOST_TEST(refused([](FieldWriter&) {}));
    BOOST_TEST(refused([](FieldWriter& w) { w.number(address_tag::family, 2); }));
    BOOST_TEST(refused([](FieldWriter& w) { w.number(address_tag::family, 256 + 4); }));
    BOOST_TEST(refused([](FieldWriter& w) {
        w.number(address_tag::family, 4);
        w.text(address_tag::ip, "12345");
        w.number(address_tag::port, 1);
    }));
    BOOST_TEST(refused([](FieldWriter& w) {
        w.number(address_tag::family, 4);
        w.text(address_tag::ip, "1234");
        w.number(address_tag::port, 65536);
    }));
    BOOST_TEST(refused([](FieldWriter& w) {
        w.number(address_tag::family, 6);
        w.text(address_tag::ip, "1234");
    }));
    BOOST_TEST(refused([](FieldWriter& w) {
        w.number(address_tag::family, 1);
        w.text(address_tag::path, std::string(109, 'p'));
    }));
}

BOOST_AUTO_TEST_CASE(every_field_of_a_connection_is_needed) {
    for (const auto suite : std::initializer_list<std::uint16_t>{0x1302, 0xc02f, 0xcca9}) {
        Wrong wrong{suite};
        BOOST_TEST(!wrong.refusal().has_value());
        SecretBuffer buffer;
        FieldWriter writer{buffer};
        write_tls(writer, *wrong.state.tls);
        int optional = 0;
        for (const std::string& rest : without_one_field(buffer.view())) {
            const auto read = read_tls(*FieldReader::over(rest), wrong.world.workspace->keys);
            if (read) ++optional;
        }
        BOOST_TEST(optional == 2);  // half a message, and the client's certificate
    }
}

BOOST_AUTO_TEST_CASE(a_number_out_of_its_bounds_is_refused) {
    using Field = std::pair<Tag, std::uint64_t>;
    for (const auto& [tag, value] : std::initializer_list<Field>{{tls_tag::version, 0x0303},
                                                                 {tls_tag::version, 0x1'0304},
                                                                 {tls_tag::role, 2},
                                                                 {tls_tag::longest_plaintext, 0},
                                                                 {tls_tag::longest_plaintext, 16385},
                                                                 {tls_tag::read_closed, 2},
                                                                 {tls_tag::write_closed, 2},
                                                                 {tls_tag::allowance, 1ULL << 32},
                                                                 {tls_tag::empty_records, 1ULL << 32},
                                                                 {tls_tag::update_is_last, 2},
                                                                 {tls_tag::resumed, 2},
                                                                 {tls_tag::closed_by_peer, 2},
                                                                 {tls_tag::fin_sent, 1}}) {
        Wrong wrong;
        const auto refusal = wrong.refusal_with([&](FieldWriter& writer) { writer.number(tag, value); });
        BOOST_TEST(is(refusal, Refusal::malformed), "tag " << tag << " with " << value);
    }
    Wrong unknown;
    BOOST_TEST(is(unknown.refusal_with([](FieldWriter& w) { w.number(tls_tag::suite, 0x1304); }),
                  Refusal::unsupported));
    Wrong named;
    BOOST_TEST(
        is(named.refusal_with([](FieldWriter& w) { w.text(tls_tag::server_name, std::string(256, 'n')); }),
           Refusal::malformed));
}

BOOST_AUTO_TEST_CASE(ends_that_no_connection_can_have_come_to_are_refused) {
    const auto refused = [](const std::function<void(tls::TlsState&)>& change) {
        Wrong wrong;
        change(*wrong.state.tls);
        return is(wrong.refusal(), Refusal::malformed);
    };
    BOOST_TEST(refused([](auto& tls) { tls.close_told = true; }));
    BOOST_TEST(refused([](auto& tls) { tls.closed_by_peer = true; }));
    BOOST_TEST(refused([](auto& tls) { tls.shutting_down = true; }));
    BOOST_TEST(refused([](auto& tls) {
        tls.keys->write_closed = tls.shutting_down = tls.fin_sent = true;  // with records that wait
    }));
    BOOST_TEST(!refused([](auto& tls) {
        tls.keys->write_closed = tls.shutting_down = tls.fin_sent = true;
        tls.sealed.clear();
    }));
    BOOST_TEST(
        !refused([](auto& tls) { tls.keys->read_closed = tls.closed_by_peer = tls.close_told = true; }));
}

BOOST_AUTO_TEST_CASE(keys_that_are_used_up_are_refused) {
    for (const auto suite : std::initializer_list<std::uint16_t>{0x1301, 0xc02f}) {
        Wrong wrong{suite};
        wrong.state.tls->keys->writing.sequence = tls::most_records(*tls::find_suite(suite));
        BOOST_TEST(!wrong.refusal().has_value());
        ++wrong.state.tls->keys->writing.sequence;
        BOOST_TEST(is(wrong.refusal(), Refusal::malformed));
    }
    Wrong chacha{0xcca8};
    chacha.state.tls->keys->writing.sequence = UINT64_MAX;
    BOOST_TEST(!chacha.refusal().has_value());
}

BOOST_AUTO_TEST_CASE(half_a_message_that_nobody_sends_is_refused) {
    const auto refused = [](std::string_view header, std::uint64_t first, std::uint64_t passed) {
        Wrong wrong;
        return wrong.refusal_with([&](FieldWriter& writer) {
            writer.group(tls_tag::message, [&] {
                writer.text(message_tag::header, header);
                writer.number(message_tag::first, first);
                writer.number(message_tag::passed, passed);
            });
        }) == Refusal::malformed;
    };
    using namespace std::literals;
    BOOST_TEST(!refused("\x18"sv, 0, 0));
    BOOST_TEST(!refused("\x18\0\0\x01"sv, 0, 0));
    BOOST_TEST(refused("\x18\0\0\x01"sv, 256, 0));
    BOOST_TEST(refused("\x18\0\0\x01"sv, 0, 1));  // then it would be whole
    BOOST_TEST(refused("\x18\0\0\x02"sv, 0, 0));
    BOOST_TEST(refused("\x18\0"sv, 0, 1));
    BOOST_TEST(refused("\x18\0\0\x01\0"sv, 0, 0));
    BOOST_TEST(refused("\x04\0\x10\0"sv, 0, 5));  // a ticket from a client
}

BOOST_AUTO_TEST_CASE(without_keys_or_a_workspace_nobody_goes_on) {
    Wrong wrong;
    const std::string bytes = fields_of(wrong.state);
    const auto read = read_transport(*FieldReader::over(bytes), nullptr);
    BOOST_REQUIRE(!read.has_value());
    BOOST_TEST((read.error() == Refusal::unsupported));
    wrong.state.tls->keys.reset();
    BOOST_TEST(is(wrong.refusal(), Refusal::malformed));

    const std::string bare = fields_of({*Address::ip("10.0.0.1", 80), std::nullopt});
    BOOST_TEST(read_transport(*FieldReader::over(bare), nullptr).has_value());
    BOOST_TEST(!read_transport(FieldReader{}, nullptr).has_value());
}

BOOST_AUTO_TEST_CASE(what_a_later_version_adds_is_skipped) {
    Wrong wrong;
    BOOST_TEST(!wrong
                    .refusal_with([](FieldWriter& writer) {
                        writer.text(60000, "what nobody knows yet");
                        writer.group(999, [&] { writer.number(1, 1); });
                    })
                    .has_value());
}

BOOST_AUTO_TEST_CASE(a_flipped_bit_or_a_cut_is_refused_or_another_connection_and_no_key_is_left) {
    for (const auto suite : std::initializer_list<std::uint16_t>{0x1301, 0xc02b}) {
        Wrong wrong{suite};
        const std::string bytes = fields_of(wrong.state);
        for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
            std::string flipped = bytes;
            flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
            wrong.refusal_of(flipped);
        }
        for (std::size_t length = 0; length < bytes.size(); ++length) {
            const auto refusal = wrong.refusal_of(std::string_view{bytes}.substr(0, length));
            const bool bare = !refusal.has_value();  // the address alone is a bare socket
            BOOST_TEST((!bare || length < 100));
        }
        BOOST_TEST(wrong.world.workspace->keys.in_use() == 1u);
    }
}

BOOST_AUTO_TEST_SUITE_END()
