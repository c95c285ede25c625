#include "server/log/line_sink.h"

#include "tests/support/temporary_folder.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/test/unit_test.hpp>
#include <cstring>
#include <filesystem>
#include <string>

namespace {

using baton::Fd;
using baton::LineSink;
using baton::test::TemporaryFolder;

std::string read_available(int descriptor) {
    std::string all;
    std::array<char, 4096> bytes;
    for (ssize_t size; (size = ::read(descriptor, bytes.data(), bytes.size())) > 0;) {
        all.append(bytes.data(), static_cast<std::size_t>(size));
    }
    return all;
}

BOOST_AUTO_TEST_SUITE(line_sink)

BOOST_AUTO_TEST_CASE(lines_wait_in_the_buffer_until_they_are_flushed) {
    TemporaryFolder folder;
    auto sink = LineSink::open(folder.file("log"), 4096).value();
    sink.append("one\n");
    std::memcpy(sink.prepare(100), "two\n", 4);
    sink.commit(4);
    BOOST_TEST(sink.buffered() == 8u);
    BOOST_TEST(folder.read("log") == "");
    sink.flush();
    BOOST_TEST(folder.read("log") == "one\ntwo\n");
    BOOST_TEST(sink.buffered() == 0u);
    BOOST_TEST(sink.dropped_lines() == 0u);
}

BOOST_AUTO_TEST_CASE(a_full_buffer_writes_itself) {
    TemporaryFolder folder;
    auto sink = LineSink::open(folder.file("log"), 10).value();
    sink.append("12345\n");
    sink.append("67890\n");
    BOOST_TEST(folder.read("log") == "12345\n67890\n");
}

BOOST_AUTO_TEST_CASE(the_end_of_the_sink_writes_what_is_left) {
    TemporaryFolder folder;
    { LineSink::open(folder.file("log"), 4096).value().append("last\n"); }
    BOOST_TEST(folder.read("log") == "last\n");
}

BOOST_AUTO_TEST_CASE(a_file_is_made_for_its_owner_and_group_only) {
    TemporaryFolder folder;
    const mode_t before = ::umask(0);
    auto sink = LineSink::open(folder.file("log"), 0);
    ::umask(before);
    struct stat status {};
    BOOST_REQUIRE(::stat(folder.file("log").c_str(), &status) == 0);
    BOOST_TEST((status.st_mode & 0777) == 0640u);
}

BOOST_AUTO_TEST_CASE(a_rotated_file_is_left_alone_after_reopening) {
    TemporaryFolder folder;
    auto sink = LineSink::open(folder.file("log"), 4096).value();
    sink.append("before\n");
    std::filesystem::rename(folder.file("log"), folder.file("log.1"));
    sink.reopen();
    sink.append("after\n");
    sink.flush();
    BOOST_TEST(folder.read("log.1") == "before\n");
    BOOST_TEST(folder.read("log") == "after\n");
}

BOOST_AUTO_TEST_CASE(a_path_that_cannot_be_reopened_keeps_the_former_file) {
    TemporaryFolder folder;
    std::filesystem::create_directory(folder.file("logs"));
    auto sink = LineSink::open(folder.file("logs/log"), 4096).value();
    std::filesystem::rename(folder.file("logs"), folder.file("elsewhere"));
    sink.reopen();
    sink.append("still here\n");
    sink.flush();
    BOOST_TEST(folder.read("elsewhere/log") == "still here\n");
}

BOOST_AUTO_TEST_CASE(a_full_disk_drops_whole_lines_and_counts_them) {
    auto sink = LineSink::open("/dev/full", 4096).value();
    for (int i = 0; i < 3; ++i) sink.append("lost\n");
    sink.flush();
    BOOST_TEST(sink.dropped_lines() == 3u);
    BOOST_TEST(sink.buffered() == 0u);
    sink.append("lost too\n");
    sink.flush();
    BOOST_TEST(sink.dropped_lines() == 4u);
}

BOOST_AUTO_TEST_CASE(a_line_longer_than_the_longest_is_dropped) {
    TemporaryFolder folder;
    auto sink = LineSink::open(folder.file("log"), 4096).value();
    sink.append(std::string(LineSink::longest_line + 1, 'x'));
    BOOST_TEST(sink.dropped_lines() == 1u);
    BOOST_TEST(sink.buffered() == 0u);
}

BOOST_AUTO_TEST_CASE(a_reader_that_stopped_loses_whole_lines_and_never_blocks_the_writer) {
    TemporaryFolder folder;
    BOOST_REQUIRE(::mkfifo(folder.file("pipe").c_str(), 0600) == 0);
    Fd reader{::open(folder.file("pipe").c_str(), O_RDONLY | O_NONBLOCK)};
    auto sink = LineSink::open(folder.file("pipe"), 64 * 1024).value();
    std::uint64_t written = 0;
    for (; sink.dropped_lines() == 0; ++written) {
        sink.append("line " + std::to_string(written) + " " + std::string(written % 200, 'x') + "\n");
        if (written % 50 == 0) sink.flush();
    }
    std::string all = read_available(reader.get());
    sink.append("the reader is back\n");
    sink.flush();
    all += read_available(reader.get());
    const auto lines = static_cast<std::uint64_t>(std::count(all.begin(), all.end(), '\n'));
    BOOST_TEST(lines + sink.dropped_lines() == written + 1);
    BOOST_TEST(all.ends_with("\nthe reader is back\n"));
    for (std::size_t begin = 0; begin < all.size(); begin = all.find('\n', begin) + 1) {
        BOOST_TEST((all.substr(begin, 5) == "line " || all.substr(begin, 4) == "the "));
    }
}

BOOST_AUTO_TEST_CASE(long_lines_that_a_slow_reader_takes_in_parts_stay_whole) {
    TemporaryFolder folder;
    BOOST_REQUIRE(::mkfifo(folder.file("pipe").c_str(), 0600) == 0);
    Fd reader{::open(folder.file("pipe").c_str(), O_RDONLY | O_NONBLOCK)};
    ::fcntl(reader.get(), F_SETPIPE_SZ, 8192);
    auto sink = LineSink::open(folder.file("pipe"), 100).value();
    std::string all;
    for (char letter = 'a'; letter <= 'z'; ++letter) {
        sink.append(std::string(20'000, letter) + "\n");
        all += read_available(reader.get());
    }
    for (int i = 0; i < 10; ++i) {
        sink.flush();
        all += read_available(reader.get());
    }
    BOOST_TEST(sink.buffered() == 0u);
    std::uint64_t lines = 0;
    for (std::size_t begin = 0; begin < all.size();) {
        const std::size_t end = all.find('\n', begin);
        BOOST_REQUIRE(end != std::string::npos);
        BOOST_TEST(all.substr(begin, end - begin) == std::string(20'000, all[begin]));
        begin = end + 1;
        ++lines;
    }
    BOOST_TEST(lines + sink.dropped_lines() == 26u);
    BOOST_TEST(lines > 1u);
}

BOOST_AUTO_TEST_CASE(syslog_gets_a_datagram_a_line) {
    TemporaryFolder folder;
    Fd daemon{::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0)};
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, folder.file("log").c_str(), sizeof address.sun_path - 1);
    BOOST_REQUIRE(::bind(daemon.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    auto sink = LineSink::open("syslog:unix:" + folder.file("log"), 4096).value();
    sink.append("{\"a\":1}\n");
    sink.append("{\"a\":2}\n");
    sink.flush();
    for (const char* const expected : {"{\"a\":1}", "{\"a\":2}"}) {
        std::array<char, 512> bytes{};
        const ssize_t size = ::recv(daemon.get(), bytes.data(), bytes.size(), 0);
        BOOST_REQUIRE(size > 0);
        const std::string datagram(bytes.data(), static_cast<std::size_t>(size));
        BOOST_TEST(datagram.starts_with("<30>"));
        BOOST_TEST(datagram.find(" baton[" + std::to_string(::getpid()) + "]: ") != std::string::npos);
        BOOST_TEST(datagram.ends_with(expected));
    }
    BOOST_TEST(sink.dropped_lines() == 0u);
}

BOOST_AUTO_TEST_CASE(an_output_that_does_not_exist_is_refused) {
    BOOST_TEST(!LineSink::open("/nonexistent/folder/log", 0).has_value());
    BOOST_TEST(!LineSink::open("syslog:pigeon", 0).has_value());
    BOOST_TEST(!LineSink::open("", 0).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
