#include "server/buffer/byte_queue.h"

#include "server/buffer/receive_buffer.h"

#include <boost/test/unit_test.hpp>
#include <cstring>
#include <string>

using namespace baton;

namespace {

void put(ReceiveBuffer& buffer, std::string_view bytes) {
    while (!bytes.empty()) {
        const auto room = buffer.prepare();
        const std::size_t taken = std::min(room.size(), bytes.size());
        std::memcpy(room.data(), bytes.data(), taken);
        buffer.commit(taken);
        bytes.remove_prefix(taken);
    }
}

std::string pattern(std::size_t size) {
    std::string text(size, '\0');
    for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + i * 31 % 26);
    return text;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(byte_queue)

BOOST_AUTO_TEST_CASE(bytes_come_out_as_they_went_in_over_many_blocks) {
    BlockPool pool;
    ByteQueue queue{pool};
    const std::string text = pattern(100'000);
    queue.append(text);
    BOOST_TEST(queue.size() == text.size());
    BOOST_TEST(queue.to_string() == text);
    queue.consume(33'333);
    BOOST_TEST(queue.to_string() == text.substr(33'333));
}

BOOST_AUTO_TEST_CASE(an_emptied_queue_holds_no_block) {
    BlockPool pool;
    ByteQueue queue{pool};
    queue.append("something");
    BOOST_TEST(pool.in_use() == 1u);
    queue.consume(queue.size());
    BOOST_TEST(pool.in_use() == 0u);
}

BOOST_AUTO_TEST_CASE(a_long_slice_is_shared_and_a_short_one_is_copied) {
    BlockPool pool;
    ReceiveBuffer buffer{pool};
    ByteQueue queue{pool};
    put(buffer, pattern(8000));
    queue.append("head");
    queue.append(buffer.take_slice(10));
    BOOST_TEST(pool.in_use() == 2u);
    iovec pieces[8];
    BOOST_TEST(queue.gather(pieces) == 1u);
    queue.append(buffer.take_slice(7990));
    BOOST_TEST(queue.gather(pieces) == 2u);
    BOOST_TEST(queue.to_string() == "head" + pattern(8000));
}

BOOST_AUTO_TEST_CASE(bytes_appended_behind_a_slice_do_not_touch_what_its_block_receives_next) {
    BlockPool pool;
    ReceiveBuffer buffer{pool};
    ByteQueue queue{pool};
    put(buffer, pattern(2000));
    queue.append(buffer.take_slice(2000));
    queue.append("tail");
    put(buffer, "next");
    BOOST_TEST(buffer.data() == "next");
    BOOST_TEST(queue.to_string() == pattern(2000) + "tail");
}

BOOST_AUTO_TEST_CASE(a_part_moves_to_another_queue_and_the_rest_stays) {
    BlockPool pool;
    ByteQueue from{pool}, to{pool};
    const std::string text = pattern(50'000);
    from.append(text);
    to.append("->");
    from.move_to(to, 20'001);
    BOOST_TEST(to.to_string() == "->" + text.substr(0, 20'001));
    BOOST_TEST(from.to_string() == text.substr(20'001));
    from.move_to(to, from.size());
    BOOST_TEST(from.empty());
    BOOST_TEST(to.to_string() == "->" + text);
}

BOOST_AUTO_TEST_CASE(a_shared_queue_survives_the_consumption_of_the_other) {
    BlockPool pool;
    ByteQueue first{pool}, second{pool};
    const std::string text = pattern(40'000);
    first.append(text);
    second.share(first);
    first.consume(first.size());
    BOOST_TEST(second.to_string() == text);
    second.clear();
    BOOST_TEST(pool.in_use() == 0u);
}

BOOST_AUTO_TEST_CASE(appending_to_a_queue_whose_bytes_are_shared_leaves_the_other_as_it_is) {
    BlockPool pool;
    ByteQueue first{pool}, second{pool};
    first.append("abc");
    second.share(first);
    second.append("def");
    first.append("xyz");
    BOOST_TEST(first.to_string() == "abcxyz");
    BOOST_TEST(second.to_string() == "abcdef");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(receive_buffer)

BOOST_AUTO_TEST_CASE(a_head_longer_than_a_block_stays_contiguous) {
    BlockPool pool;
    ReceiveBuffer buffer{pool};
    const std::string text = pattern(60'000);
    put(buffer, text);
    BOOST_TEST(buffer.data() == text);
}

BOOST_AUTO_TEST_CASE(views_into_a_taken_block_stay_while_more_is_received) {
    BlockPool pool;
    ReceiveBuffer buffer{pool};
    put(buffer, "GET / HTTP/1.1\r\n\r\nbody");
    const std::string_view head = buffer.data().substr(0, 18);
    const BlockRef block = buffer.take_block(18);
    put(buffer, pattern(40'000));
    BOOST_TEST(head == "GET / HTTP/1.1\r\n\r\n");
    BOOST_TEST(buffer.data() == "body" + pattern(40'000));
}

BOOST_AUTO_TEST_CASE(an_empty_buffer_gives_its_block_back) {
    BlockPool pool;
    ReceiveBuffer buffer{pool};
    put(buffer, "abc");
    buffer.release_if_empty();
    BOOST_TEST(pool.in_use() == 1u);
    buffer.consume(3);
    buffer.release_if_empty();
    BOOST_TEST(pool.in_use() == 0u);
}

BOOST_AUTO_TEST_SUITE_END()
