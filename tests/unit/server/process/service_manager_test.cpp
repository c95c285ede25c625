#include "server/process/service_manager.h"

#include "server/event/fd.h"
#include "tests/support/temporary_folder.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <cstring>

using namespace baton;

namespace {

/// Stands in for systemd.
struct Manager {
    Manager() {
        address.sun_family = AF_UNIX;
        std::strcpy(address.sun_path, path.c_str());
        BOOST_REQUIRE(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
        ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
    }
    ~Manager() { ::unsetenv("NOTIFY_SOCKET"); }
    std::string heard() {
        char buffer[512];
        const auto length = ::recv(socket.get(), buffer, sizeof buffer, MSG_DONTWAIT);
        return length < 0 ? "" : std::string(buffer, static_cast<std::size_t>(length));
    }
    test::TemporaryFolder folder;
    std::string path = folder.file("notify");
    Fd socket{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    sockaddr_un address{};
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(service_manager, Manager)

BOOST_AUTO_TEST_CASE(each_message_is_one_datagram) {
    const auto manager = ServiceManager::from_environment();
    BOOST_TEST(manager.present());
    manager.ready("generation 1 serves");
    BOOST_TEST(heard() == "READY=1\nSTATUS=generation 1 serves");
    manager.reloading(TimePoint{std::chrono::seconds{5}});
    BOOST_TEST(heard() == "RELOADING=1\nMONOTONIC_USEC=5000000");
    manager.main_process(4711);
    BOOST_TEST(heard() == "MAINPID=4711");
    manager.stopping();
    BOOST_TEST(heard() == "STOPPING=1");
}

BOOST_AUTO_TEST_CASE(without_a_manager_nothing_is_sent) {
    ::unsetenv("NOTIFY_SOCKET");
    const auto manager = ServiceManager::from_environment();
    BOOST_TEST(!manager.present());
    manager.ready("");
    BOOST_TEST(heard().empty());
}

BOOST_AUTO_TEST_CASE(a_path_that_is_no_socket_address_is_ignored) {
    ::setenv("NOTIFY_SOCKET", std::string(200, '/').c_str(), 1);
    BOOST_TEST(!ServiceManager::from_environment().present());
    ::setenv("NOTIFY_SOCKET", "relative", 1);
    BOOST_TEST(!ServiceManager::from_environment().present());
}

BOOST_AUTO_TEST_SUITE_END()
