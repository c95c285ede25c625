#include "server/process/notify_socket.h"

#include "server/process/service_manager.h"
#include "tests/support/temporary_folder.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <vector>

using namespace baton;

namespace {

/// A socket in a folder of the test, which NOTIFY_SOCKET names.
struct Listening {
    Listening() { ::setenv("NOTIFY_SOCKET", socket->path().c_str(), 1); }
    ~Listening() { ::unsetenv("NOTIFY_SOCKET"); }

    static Result<NotifySocket> open_in(const test::TemporaryFolder& folder) {
        ::setenv("TMPDIR", folder.path().c_str(), 1);
        auto opened = NotifySocket::open();
        ::unsetenv("TMPDIR");
        return opened;
    }
    void send(const std::string& text, std::vector<int> descriptors = {}) const {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::strcpy(address.sun_path, socket->path().c_str());
        iovec part{const_cast<char*>(text.data()), text.size()};
        alignas(cmsghdr) char control[CMSG_SPACE(4 * sizeof(int))]{};
        msghdr message{};
        message.msg_name = &address;
        message.msg_namelen = sizeof address;
        message.msg_iov = &part;
        message.msg_iovlen = 1;
        if (!descriptors.empty()) {
            message.msg_control = control;
            message.msg_controllen = CMSG_SPACE(descriptors.size() * sizeof(int));
            cmsghdr* const header = CMSG_FIRSTHDR(&message);
            header->cmsg_level = SOL_SOCKET;
            header->cmsg_type = SCM_RIGHTS;
            header->cmsg_len = CMSG_LEN(descriptors.size() * sizeof(int));
            std::memcpy(CMSG_DATA(header), descriptors.data(), descriptors.size() * sizeof(int));
        }
        const Fd sender{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
        BOOST_REQUIRE(::sendmsg(sender.get(), &message, 0) == static_cast<ssize_t>(text.size()));
    }
    static std::size_t open_descriptors() {
        const std::filesystem::directory_iterator all("/proc/self/fd");
        return static_cast<std::size_t>(std::distance(begin(all), end(all)));
    }

    test::TemporaryFolder folder;
    Result<NotifySocket> socket = open_in(folder);
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(notify_socket, Listening)

BOOST_AUTO_TEST_CASE(it_lies_in_a_folder_that_nobody_else_can_enter) {
    const auto parent = std::filesystem::path(socket->path()).parent_path();
    BOOST_TEST(parent.parent_path() == folder.path());
    struct stat status {};
    BOOST_REQUIRE(::stat(parent.c_str(), &status) == 0);
    BOOST_TEST((status.st_mode & 07777u) == 0700u);
}

BOOST_AUTO_TEST_CASE(nothing_of_it_is_left) {
    {
        const NotifySocket moved = std::move(*socket);
        BOOST_TEST(std::filesystem::exists(moved.path()));
    }
    BOOST_TEST(std::filesystem::is_empty(folder.path()));
}

BOOST_AUTO_TEST_CASE(a_folder_that_takes_nothing_is_passed_over) {
    ::setenv("TMPDIR", "/proc/no/such/folder", 1);
    const auto elsewhere = NotifySocket::open();
    ::unsetenv("TMPDIR");
    BOOST_REQUIRE(elsewhere.has_value());
    BOOST_TEST(std::filesystem::exists(elsewhere->path()));
}

BOOST_AUTO_TEST_CASE(every_datagram_comes_with_its_sender) {
    const auto manager = ServiceManager::from_environment();
    manager.status("from the parent");
    const pid_t child = ::fork();
    if (child == 0) {
        manager.status("from the child");
        ::_exit(0);
    }
    ::waitpid(child, nullptr, 0);
    auto heard = socket->receive();
    BOOST_REQUIRE(heard.has_value());
    BOOST_TEST(heard->sender == ::getpid());
    BOOST_TEST(heard->text == "STATUS=from the parent");
    heard = socket->receive();
    BOOST_REQUIRE(heard.has_value());
    BOOST_TEST(heard->sender == child);
    BOOST_TEST(heard->text == "STATUS=from the child");
    BOOST_TEST(!socket->receive().has_value());
}

BOOST_AUTO_TEST_CASE(descriptors_that_come_with_it_are_not_kept) {
    const auto before = open_descriptors();
    send("FDSTORE=1", {0, 1, 2});
    BOOST_TEST(socket->receive().has_value());
    BOOST_TEST(open_descriptors() == before);
}

BOOST_AUTO_TEST_CASE(one_that_is_too_long_does_not_hide_the_next) {
    send(std::string(5000, 'x'));
    send("READY=1");
    const auto heard = socket->receive();
    BOOST_REQUIRE(heard.has_value());
    BOOST_TEST(heard->text == "READY=1");
}

BOOST_AUTO_TEST_SUITE_END()
