/// Stands in for systemd in a unit test: hears what is said on NOTIFY_SOCKET, and gets what is given with it.
#pragma once

#include "server/event/fd.h"
#include "tests/support/temporary_folder.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace baton {

struct NotifiedManager {
    NotifiedManager() {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::strcpy(address.sun_path, path.c_str());
        BOOST_REQUIRE(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
        ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
    }
    ~NotifiedManager() { ::unsetenv("NOTIFY_SOCKET"); }

    /// The next message; empty when there is none. `given` are the descriptors that came with it.
    std::string heard() {
        given.clear();
        std::array<char, 512> text{};
        alignas(cmsghdr) std::array<char, CMSG_SPACE(64 * sizeof(int))> control{};
        iovec bytes{text.data(), text.size()};
        msghdr datagram{};
        datagram.msg_iov = &bytes;
        datagram.msg_iovlen = 1;
        datagram.msg_control = control.data();
        datagram.msg_controllen = control.size();
        const auto length = ::recvmsg(socket.get(), &datagram, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
        if (length < 0) return "";
        if (const cmsghdr* const header = CMSG_FIRSTHDR(&datagram); header != nullptr) {
            std::array<int, 64> numbers{};
            const auto size = header->cmsg_len - CMSG_LEN(0);
            std::memcpy(numbers.data(), CMSG_DATA(header), size);
            for (std::size_t i = 0; i < size / sizeof(int); ++i) given.emplace_back(numbers[i]);
        }
        return {text.data(), static_cast<std::size_t>(length)};
    }
    std::vector<std::string> all_heard() {
        std::vector<std::string> all;
        for (auto text = heard(); !text.empty(); text = heard()) all.push_back(std::move(text));
        return all;
    }

    test::TemporaryFolder folder;
    std::string path = folder.file("notify");
    Fd socket{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    std::vector<Fd> given;
};

}  // namespace baton
