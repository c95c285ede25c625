#include "proxy/exchange/access_line.h"
#include "proxy/exchange/owned_record.h"

#include <boost/test/unit_test.hpp>
#include <memory>
#include <string>

using namespace baton;

namespace {

AccessRecord over_tls() {
    AccessRecord record;
    record.scheme = "https";
    record.status = 200;
    record.tls_version = "TLSv1.3";
    record.tls_cipher = "TLS_AES_128_GCM_SHA256";
    record.tls_resumed = true;
    record.server_name = "app.example.com";
    record.client_certificate = "CN=a \"client\"\n,O=x";
    return record;
}

const std::vector<std::string> tls_fields{"tls_version", "tls_cipher", "tls_resumed", "sni",
                                          "client_cert_subject"};

std::string json_of(const AccessRecord& record, const std::vector<std::string>& fields = tls_fields) {
    std::string room(64 * 1024, '\0');
    room.resize(static_cast<std::size_t>(
        JsonAccessLine(fields, 1, 0).write(room.data(), room.size(), record) - room.data()));
    return room;
}

std::string line_of(std::string_view text, const AccessRecord& record) {
    std::string room(64 * 1024, '\0');
    const TemplateAccessLine line(*config::Template::parse(text));
    room.resize(static_cast<std::size_t>(line.write(room.data(), room.size(), record) - room.data()));
    return room;
}

const std::string all_fields =
    R"({"tls_version":"TLSv1.3","tls_cipher":"TLS_AES_128_GCM_SHA256","tls_resumed":true,)"
    R"("sni":"app.example.com","client_cert_subject":"CN=a \"client\"\n,O=x"})"
    "\n";

}  // namespace

BOOST_AUTO_TEST_SUITE(access_log_tls)

BOOST_AUTO_TEST_CASE(a_request_over_tls_says_how_it_was_protected) {
    BOOST_TEST(json_of(over_tls()) == all_fields);
}

BOOST_AUTO_TEST_CASE(without_a_name_and_a_certificate_of_the_client_there_is_none_in_the_line) {
    AccessRecord record = over_tls();
    record.tls_resumed = false;
    record.server_name = record.client_certificate = {};
    BOOST_TEST(json_of(record) ==
               R"({"tls_version":"TLSv1.3","tls_cipher":"TLS_AES_128_GCM_SHA256","tls_resumed":false})"
               "\n");
}

BOOST_AUTO_TEST_CASE(a_request_without_tls_has_none_of_its_fields) {
    BOOST_TEST(json_of(AccessRecord{}) == "{}\n");
}

BOOST_AUTO_TEST_CASE(what_a_tunnel_logs_at_its_end_still_knows_the_connection) {
    std::unique_ptr<OwnedRecord> owned;
    {
        std::string version = "TLSv1.3";
        std::string cipher = "TLS_AES_128_GCM_SHA256";
        std::string name = "app.example.com";
        std::string subject = "CN=a \"client\"\n,O=x";
        AccessRecord record = over_tls();
        record.tls_version = version;
        record.tls_cipher = cipher;
        record.server_name = name;
        record.client_certificate = subject;
        owned = std::make_unique<OwnedRecord>(record);
        for (auto* text : {&version, &cipher, &name, &subject}) text->assign(text->size(), '?');
    }
    BOOST_TEST(json_of(**owned) == all_fields);
}

BOOST_AUTO_TEST_CASE(the_variables_of_a_template_are_filled_in_and_escaped) {
    BOOST_TEST(line_of("{tls.version} {tls.client_subject}", over_tls()) ==
               "TLSv1.3 CN=a \\x22client\\x22\\x0A,O=x\n");
    BOOST_TEST(line_of("{tls.version} {tls.client_subject}", AccessRecord{}) == "- -\n");
}

BOOST_AUTO_TEST_CASE(a_line_of_endless_texts_is_cut_and_still_whole) {
    AccessRecord record = over_tls();
    const std::string endless(60'000, '\x01');
    record.client_certificate = record.server_name = record.path = record.user_agent = record.referer =
        endless;
    record.id = record.method = record.host = record.query = endless;
    record.has_query = true;
    record.detail = record.route = record.endpoint = record.upstream = record.matched_host = endless;
    record.trace_id = record.client_ip = record.peer_ip = record.listener = endless;
    const std::string line = json_of(record, {});
    BOOST_TEST(line.size() <= 64U * 1024U);
    BOOST_TEST(line.ends_with("\"}\n"));
}

BOOST_AUTO_TEST_CASE(a_handshake_with_an_upstream_that_failed_has_its_own_end) {
    BOOST_TEST(to_string(End::upstream_tls) == "upstream_tls");
}

BOOST_AUTO_TEST_SUITE_END()
