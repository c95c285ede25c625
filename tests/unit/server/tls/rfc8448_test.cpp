/// The traces of RFC 8448 §3, "Simple 1-RTT Handshake": the records after the handshake.
#include "tests/support/record_pair.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <string>
#include <string_view>

using namespace baton;
using namespace baton::test;

namespace {

constexpr std::string_view client_secret = "9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5";
constexpr std::string_view server_secret = "a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f1f3fcb631643";
constexpr std::string_view client_key = "17422dda596ed5d9acd890e3c63f5051";
constexpr std::string_view client_iv = "5b78923dee08579033e523d9";
constexpr std::string_view server_key = "9f02283b6c9c07efc26bb9f2ac92e356";
constexpr std::string_view server_iv = "cf782b88dd83549aadf1e984";
constexpr std::string_view ticket_record =
    "17030300de3a6b8f90414a97d6959c3487680de5134a2b240e6cffac116e95d41d6af8f6b580dcf3d11d63c758db289a"
    "015940252f55713e061dc13e078891a38efbcf5753ad8ef170ad3c7353d16d9da773b9ca7f2b9fa1b6c0d4a3d03f75e0"
    "9c30ba1e62972ac46f75f7b981be63439b2999ce13064615139891d5e4c5b406f16e3fc181a77ca475840025db2f0a77"
    "f81b5ab05b94c01346755f69232c86519d86cbeeac87aac347d143f9605d64f650db4d023e70e952ca49fe5137121c74"
    "bc2697687e248746d6df353005f3bce18696129c8153556b3b6c6779b37bf15985684f";
constexpr std::string_view client_data_record =
    "1703030043a23f7054b62c94d0affafe8228ba55cbefacea42f914aa66bcab3f2b9819a8a5b46b395bd54a9a20441e2b"
    "62974e1f5a6292a2977014bd1e3deae63aeebb21694915e4";
constexpr std::string_view server_data_record =
    "17030300432e937e11ef4ac740e538ad36005fc4a46932fc3225d05f82aa1b36e30efaf97d90e6dffc602dcb501a59a8"
    "fcc49c4bf2e5f0a21c0047c2abf332540dd032e167c2955d";
constexpr std::string_view client_close_record = "1703030013c9872760655666b74d7ff1153efd6db6d0b0e3";
constexpr std::string_view server_close_record = "1703030013b58fd67166ebf599d24720cfbe7efa7a8864a9";

std::string bytes_of(std::string_view hex) {
    std::string bytes;
    for (std::size_t i = 0; i < hex.size(); i += 2)
        bytes += static_cast<char>(std::stoi(std::string{hex.substr(i, 2)}, nullptr, 16));
    return bytes;
}

template <class Bytes>
std::string hex_of(const Bytes& bytes, std::size_t length) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string hex;
    for (std::size_t i = 0; i < length; ++i) {
        const auto byte = static_cast<unsigned char>(bytes[i]);
        hex += digits[byte >> 4];
        hex += digits[byte & 15];
    }
    return hex;
}

std::string hex_of(const std::string& bytes) {
    return hex_of(bytes, bytes.size());
}

void set_secret(TrafficKeys& keys, std::string_view hex) {
    std::ranges::copy(bytes_of(hex), keys.secret.begin());
    BOOST_REQUIRE(tls::derive_traffic_keys(*tls::find_suite(0x1301), keys));
}

/// The server has sent its ticket, under the first sequence number, in the handshake.
void as_in_the_trace(tls::RecordState& state) {
    const bool is_client = state.role == Role::client;
    set_secret(is_client ? state.writing : state.reading, client_secret);
    set_secret(is_client ? state.reading : state.writing, server_secret);
    if (!is_client) state.writing.sequence = 1;
}

/// Fifty bytes that count.
std::string data() {
    std::string bytes;
    for (char i = 0; i < 50; ++i) bytes += i;
    return bytes;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(rfc8448)

BOOST_AUTO_TEST_CASE(traffic_secrets_expand_to_the_keys_of_the_trace) {
    TrafficKeys keys{};
    set_secret(keys, client_secret);
    BOOST_TEST(hex_of(keys.key, 16) == client_key);
    BOOST_TEST(hex_of(keys.iv, 12) == client_iv);
    set_secret(keys, server_secret);
    BOOST_TEST(hex_of(keys.key, 16) == server_key);
    BOOST_TEST(hex_of(keys.iv, 12) == server_iv);
}

BOOST_AUTO_TEST_CASE(the_clients_records_are_sealed_byte_for_byte) {
    RecordPair pair{0x1301, as_in_the_trace};
    BOOST_TEST(hex_of(pair.client.seal(data())) == client_data_record);
    BOOST_TEST(hex_of(pair.client.close_notify()) == client_close_record);
}

BOOST_AUTO_TEST_CASE(the_servers_records_are_sealed_byte_for_byte) {
    RecordPair pair{0x1301, as_in_the_trace};
    BOOST_TEST(hex_of(pair.server.seal(data())) == server_data_record);
    BOOST_TEST(hex_of(pair.server.close_notify()) == server_close_record);
}

BOOST_AUTO_TEST_CASE(the_server_opens_the_clients_records) {
    RecordPair pair{0x1301, as_in_the_trace};
    BOOST_TEST(pair.server.open(bytes_of(client_data_record)).data == data());
    BOOST_TEST((pair.server.open(bytes_of(client_close_record)).last == Opened::closed));
}

BOOST_AUTO_TEST_CASE(the_client_opens_the_servers_ticket_and_records) {
    RecordPair pair{0x1301, as_in_the_trace};
    BOOST_TEST((pair.client.open(bytes_of(ticket_record)).last == Opened::nothing));
    BOOST_TEST(pair.client.layer.movable());
    BOOST_TEST(pair.client.open(bytes_of(server_data_record)).data == data());
    BOOST_TEST((pair.client.open(bytes_of(server_close_record)).last == Opened::closed));
}

BOOST_AUTO_TEST_SUITE_END()
