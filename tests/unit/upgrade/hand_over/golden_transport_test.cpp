// What version 1 has put on the line, byte for byte: a later version must read it, and version 1 must write
// it.
#include "tests/unit/upgrade/hand_over/fixed_transport.h"
#include "upgrade/hand_over/transport_fields.h"

#include <boost/test/unit_test.hpp>
#include <fstream>
#include <functional>
#include <string>

using namespace baton;
using namespace baton::test;
using namespace baton::upgrade;

namespace {

/// Lines of hexadecimal digits.
std::string golden(const std::string& name) {
    std::ifstream file{BATON_SOURCE_DIR "/tests/golden/transport_1/" + name + ".hex"};
    BOOST_REQUIRE_MESSAGE(file.is_open(), "no golden file " << name);
    std::string bytes;
    for (std::string line; std::getline(file, line);)
        for (std::size_t i = 0; i + 1 < line.size(); i += 2)
            bytes += static_cast<char>(std::stoi(line.substr(i, 2), nullptr, 16));
    return bytes;
}

std::string write(const TransportState& state) {
    SecretBuffer buffer;
    FieldWriter writer{buffer};
    write_transport(writer, state);
    return std::string{buffer.view()};
}

void check(const std::string& name, const TransportState& expected, tls::Workspace& workspace) {
    const std::string bytes = golden(name);
    BOOST_TEST((write(expected) == bytes), name << " is written in another way");
    const auto read = read_transport(*FieldReader::over(bytes), &workspace);
    BOOST_REQUIRE_MESSAGE(read.has_value(), name << " is not understood");
    BOOST_TEST((write(*read) == bytes), name << " is read as something else");
    BOOST_TEST((read->peer == expected.peer));
    BOOST_TEST(read->tls.has_value() == expected.tls.has_value());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(golden_transport)

BOOST_AUTO_TEST_CASE(bare_sockets_are_as_in_version_1) {
    RecordWorld world;
    check("bare_ipv4", {*Address::ip("192.0.2.1", 50123), std::nullopt}, *world.workspace);
    check("bare_unix", {*Address::unix_path("/run/app.sock"), std::nullopt}, *world.workspace);
}

BOOST_AUTO_TEST_CASE(encrypted_transports_are_as_in_version_1) {
    RecordWorld world;
    tls::Workspace& workspace = *world.workspace;
    check("tls_1_3_server", fixed_transport(workspace, 0x1301), workspace);
    check("tls_1_3_client", fixed_transport(workspace, 0x1302, Role::client), workspace);
    check("tls_1_2_server_gcm", fixed_transport(workspace, 0xc030), workspace);
    check("tls_1_2_client_chacha", fixed_transport(workspace, 0xcca9, Role::client), workspace);
}

BOOST_AUTO_TEST_SUITE_END()
