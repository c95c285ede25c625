#include "proxy/demo/websocket_frames.h"

#include <boost/test/unit_test.hpp>

namespace baton::demo {

using websocket::Opcode;
using websocket::Sender;

BOOST_AUTO_TEST_SUITE(demo_websocket_frames)

BOOST_AUTO_TEST_CASE(the_masked_example_of_the_rfc_is_written_and_read) {  // RFC 6455 §5.7
    const std::string wire = make_frame(Sender::client, {Opcode::text, true, "Hello"}, 0x37fa213d);
    BOOST_TEST(wire == std::string("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"));
    Frame frame;
    const FrameResult read = read_frame(wire, Sender::client, frame);
    BOOST_TEST((read.status == FrameStatus::complete));
    BOOST_TEST(read.size == wire.size());
    BOOST_TEST(frame.payload == "Hello");
}

BOOST_AUTO_TEST_CASE(every_length_form_survives_the_way_there_and_back) {
    for (const std::size_t size : {0U, 1U, 125U, 126U, 65535U, 65536U, 1024U * 1024U}) {
        for (const Sender sender : {Sender::client, Sender::server}) {
            const std::string wire =
                make_frame(sender, {Opcode::binary, true, std::string(size, 'x')}, 0xdeadbeef);
            Frame frame;
            BOOST_TEST((read_frame(wire, sender, frame).status == FrameStatus::complete));
            BOOST_TEST(frame.payload == std::string(size, 'x'));
        }
    }
}

BOOST_AUTO_TEST_CASE(a_frame_in_pieces_needs_more_until_its_last_byte) {
    const std::string wire = make_frame(Sender::client, {Opcode::text, true, std::string(300, 'y')}, 1);
    Frame frame;
    for (std::size_t size = 0; size < wire.size(); ++size) {
        const FrameResult read = read_frame(std::string_view(wire).substr(0, size), Sender::client, frame);
        BOOST_TEST((read.status == FrameStatus::need_more));
        BOOST_TEST(read.size > size);
    }
}

BOOST_AUTO_TEST_CASE(a_frame_masked_by_the_wrong_side_is_bad) {
    Frame frame;
    const std::string from_client = make_frame(Sender::client, {Opcode::text, true, "x"}, 1);
    const std::string from_server = make_frame(Sender::server, {Opcode::text, true, "x"});
    BOOST_TEST((read_frame(from_client, Sender::server, frame).status == FrameStatus::bad));
    BOOST_TEST((read_frame(from_server, Sender::client, frame).status == FrameStatus::bad));
}

BOOST_AUTO_TEST_CASE(a_payload_beyond_the_limit_is_bad_before_it_arrives) {
    Frame frame;
    const std::string_view header("\x82\x7f\x00\x00\x00\x00\x10\x00\x00\x00", 10);
    BOOST_TEST((read_frame(header, Sender::server, frame).status == FrameStatus::bad));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace baton::demo
