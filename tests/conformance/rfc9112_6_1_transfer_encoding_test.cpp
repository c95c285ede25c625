#include "tests/conformance/messages.h"

#include <boost/test/unit_test.hpp>

using namespace baton;
using http::Framing;
using test::ok_with;
using test::ParsedRequest;
using test::ParsedResponse;
using test::post_with;

BOOST_AUTO_TEST_SUITE(rfc9112_6_1_transfer_encoding)

BOOST_AUTO_TEST_CASE(chunked_in_any_case_is_understood) {
    for (const auto value : {"chunked", "Chunked", "CHUNKED", " chunked\t"}) {
        const ParsedRequest parsed{post_with("Transfer-Encoding: " + std::string{value} + "\r\n")};
        BOOST_TEST(parsed.complete(), value);
        BOOST_TEST((parsed.head.framing.kind == Framing::chunked));
    }
    BOOST_TEST(
        (ParsedResponse{ok_with("Transfer-Encoding: chunked\r\n")}.head.framing.kind == Framing::chunked));
}

BOOST_AUTO_TEST_CASE(another_coding_is_answered_with_501) {
    for (const auto value :
         {"gzip", "gzip, chunked", "chunked, gzip", "identity", "xchunked", "chunke", "cow"}) {
        CHECK_REQUEST_REJECTED(post_with("Transfer-Encoding: " + std::string{value} + "\r\n"),
                               unknown_transfer_coding);
        CHECK_RESPONSE_REJECTED(ok_with("Transfer-Encoding: " + std::string{value} + "\r\n"),
                                unknown_transfer_coding);
    }
    CHECK_REQUEST_REJECTED(post_with("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n"),
                           unknown_transfer_coding);
    BOOST_TEST(http::rejection_status(http::Rejection::unknown_transfer_coding) == 501);
}

BOOST_AUTO_TEST_CASE(what_is_not_exactly_chunked_once_is_refused) {
    for (const auto value :
         {"", "chunked, chunked", "chunked;q=1", "chunked chunked", "\"chunked\"", ",chunked", "chunked,",
          "chunked, ", "[chunked]", "chunked\xa0", "ch\xc3\xbcnked", "chunked;"})
        CHECK_REQUEST_REJECTED(post_with("Transfer-Encoding: " + std::string{value} + "\r\n"),
                               bad_transfer_encoding);
    CHECK_REQUEST_REJECTED(post_with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
                           bad_transfer_encoding);
    CHECK_REQUEST_REJECTED(post_with("Transfer-Encoding: chunked\r\nTransfer-Encoding:\r\n"),
                           bad_transfer_encoding);
}

BOOST_AUTO_TEST_CASE(control_bytes_around_chunked_are_refused) {
    CHECK_REQUEST_REJECTED(post_with("Transfer-Encoding: \x0b"
                                     "chunked\r\n"),
                           bad_field_value);
    CHECK_REQUEST_REJECTED(post_with("Transfer-Encoding: chunked\x0c\r\n"), bad_field_value);
}

BOOST_AUTO_TEST_CASE(transfer_encoding_in_1_0_is_faulty_framing) {
    CHECK_REQUEST_REJECTED("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", transfer_encoding_in_1_0);
    CHECK_RESPONSE_REJECTED("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
                            transfer_encoding_in_1_0);
}

BOOST_AUTO_TEST_CASE(transfer_encoding_beside_content_length_is_refused) {
    CHECK_REQUEST_REJECTED(post_with("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"),
                           conflicting_length);
    CHECK_REQUEST_REJECTED(post_with("Transfer-Encoding: chunked\r\nContent-Length: 0\r\n"),
                           conflicting_length);
    CHECK_REQUEST_REJECTED(post_with("Transfer-Encoding: x\r\nContent-Length: 5\r\n"), conflicting_length);
    CHECK_RESPONSE_REJECTED(ok_with("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"),
                            conflicting_length);
}

BOOST_AUTO_TEST_SUITE_END()
