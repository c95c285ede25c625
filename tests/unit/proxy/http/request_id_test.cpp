#include "proxy/http/request_id.h"

#include <boost/test/unit_test.hpp>
#include <set>
#include <string>

using namespace baton;
using http::IdBuffers;
using http::IdSource;

namespace {

void fill_with_ones(std::span<std::uint8_t> bytes) {
    std::ranges::fill(bytes, std::uint8_t{0xff});
}

std::string uuid_at(IdSource& ids, std::int64_t millisecond) {
    std::array<char, http::uuid_length> out;
    return std::string(ids.make_uuid(WallTime{std::chrono::milliseconds(millisecond)}, out));
}

const config::RequestId trusting{.header = "X-Request-Id", .trust = true};

}  // namespace

BOOST_AUTO_TEST_SUITE(request_id)

BOOST_AUTO_TEST_CASE(a_uuid_has_the_layout_of_version_7) {
    IdSource ids(&fill_with_ones);
    BOOST_TEST(uuid_at(ids, 0x0123456789ab) == "01234567-89ab-77ff-bfff-ffffffffffff");
    BOOST_TEST(uuid_at(ids, 0x0123456789ab) == "01234567-89ab-7800-bfff-ffffffffffff");
}

BOOST_AUTO_TEST_CASE(uuids_go_up_even_when_the_clock_does_not) {
    IdSource ids;
    std::string last;
    std::set<std::string> seen;
    for (int i = 0; i < 10000; ++i) {
        const std::string id = uuid_at(ids, i == 5000 ? 1 : 1'700'000'000'000);
        BOOST_REQUIRE(id > last);
        BOOST_REQUIRE(id[14] == '7');
        BOOST_REQUIRE(std::string_view("89ab").find(id[19]) != std::string_view::npos);
        seen.insert(last = id);
    }
    BOOST_TEST(seen.size() == 10000U);
}

BOOST_AUTO_TEST_CASE(an_id_is_kept_only_when_the_listener_trusts_the_proxy_that_sent_it) {
    IdSource ids;
    IdBuffers buffers;
    http::FieldList fields;
    fields.add({"x-request-ID", "from-outside", http::FieldId::other});
    BOOST_TEST(ids.request_id(trusting, true, fields, {}, buffers) == "from-outside");
    BOOST_TEST(ids.request_id(trusting, false, fields, {}, buffers).size() == http::uuid_length);
    BOOST_TEST(ids.request_id({}, true, fields, {}, buffers).size() == http::uuid_length);
    http::FieldList odd;
    odd.add({"X-Request-Id", "a b", http::FieldId::other});
    BOOST_TEST(ids.request_id(trusting, true, odd, {}, buffers).size() == http::uuid_length);
    BOOST_TEST(ids.request_id(trusting, true, {}, {}, buffers).data() == buffers.request_id.data());
}

BOOST_AUTO_TEST_CASE(acceptable_ids_are_short_and_plain) {
    BOOST_TEST(http::is_acceptable_request_id("Root=1-67891233-abcdef012345678912345678"));
    BOOST_TEST(http::is_acceptable_request_id(std::string(128, 'a')));
    BOOST_TEST(!http::is_acceptable_request_id(std::string(129, 'a')));
    for (const std::string_view id : {"", "a\"b", "a\\b", "{a}", "a;b", "\xc3\xa9"}) {
        BOOST_TEST_CONTEXT(id) {
            BOOST_TEST(!http::is_acceptable_request_id(id));
        }
    }
}

BOOST_AUTO_TEST_CASE(a_valid_traceparent_is_passed_on) {
    IdSource ids;
    IdBuffers buffers;
    const std::string sent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";
    http::FieldList fields;
    fields.add({"traceparent", sent, http::FieldId::traceparent});
    const http::Trace trace = ids.trace(fields, buffers);
    BOOST_TEST(!trace.made);
    BOOST_TEST(trace.traceparent == sent);
    BOOST_TEST(trace.trace_id == "0af7651916cd43dd8448eb211c80319c");
    fields.add({"traceparent", sent, http::FieldId::traceparent});
    BOOST_TEST(ids.trace(fields, buffers).made);
}

BOOST_AUTO_TEST_CASE(without_one_a_traceparent_is_made) {
    IdSource ids;
    IdBuffers buffers;
    const http::Trace trace = ids.trace({}, buffers);
    BOOST_TEST(trace.made);
    BOOST_TEST(http::is_valid_traceparent(trace.traceparent));
    BOOST_TEST(trace.traceparent.starts_with("00-" + std::string(trace.trace_id)));
    BOOST_TEST(trace.traceparent.ends_with("-01"));
}

BOOST_AUTO_TEST_CASE(traceparents_are_checked_as_trace_context_says) {
    const std::string valid = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    BOOST_TEST(http::is_valid_traceparent(valid));
    BOOST_TEST(http::is_valid_traceparent("cc" + valid.substr(2)));
    BOOST_TEST(http::is_valid_traceparent("cc" + valid.substr(2) + "-more"));
    for (const std::string& value : {
             std::string(),
             valid.substr(1),
             valid + "-more",
             "ff" + valid.substr(2),
             "cc" + valid.substr(2) + "x",
             std::string("00-00000000000000000000000000000000-b7ad6b7169203331-01"),
             std::string("00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01"),
             std::string("00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
             std::string("00-0af7651916cd43dd8448eb211c80319c_b7ad6b7169203331-01"),
             std::string("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0g"),
         }) {
        BOOST_TEST_CONTEXT(value) {
            BOOST_TEST(!http::is_valid_traceparent(value));
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
