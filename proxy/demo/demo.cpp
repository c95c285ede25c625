#include "proxy/demo/demo.h"

#include "proxy/demo/backend_process.h"
#include "proxy/demo/demonstration.h"
#include "proxy/demo/temporary_folder.h"

#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstring>
#include <filesystem>

namespace baton::demo {

namespace {

constexpr int cannot_start = 70;  // EX_SOFTWARE

int give_up(const char* what, int os_error) {
    std::fprintf(stderr, "baton demo: %s: %s\n", what, std::strerror(os_error));
    return cannot_start;
}

// Two descriptors of this process for each long-lived client would be too many for the usual soft limit of
// 1024.
void raise_descriptor_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

// A port that was free a moment ago; 0 when there is none. The kernel gives the same one to nobody else soon.
std::uint16_t find_free_port() {
    const Address any = Address::ip("127.0.0.1", 0).value();
    const Fd socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    if (!socket || ::bind(socket.get(), any.data(), any.length()) != 0) return 0;
    return Address::local_of(socket.get()).port();
}

// The signals go to whoever is on stage; before and after that, nobody listens.
class SignalRelay final : public SignalHandler {
public:
    void on_signal(int number, pid_t sender) noexcept override {
        if (performer) performer->on_signal(number, sender);
    }
    Demonstration* performer = nullptr;
};

}  // namespace

int run(const Options& options) {
    raise_descriptor_limit();
    ignore_signals({SIGPIPE});
    std::error_code unknown;
    const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", unknown);
    if (unknown) return give_up("cannot find the path of this program", unknown.value());

    Story* story = share_story();
    auto listener = bind_backend();
    if (!story || !listener)
        return give_up("cannot prepare the backend", listener ? errno : listener.error().os_error);
    const Address backend = listener->address;
    auto backend_pid = fork_backend(*listener, *story);
    if (!backend_pid) return give_up("cannot start the backend", backend_pid.error().os_error);
    listener->socket.reset();

    auto loop = EventLoop::create();
    if (!loop) return give_up("cannot make an event loop", loop.error().os_error);
    SignalRelay relay;
    auto signals = SignalSource::create(**loop, {SIGINT, SIGTERM, SIGHUP, SIGCHLD}, relay);
    auto pacer = Pacer::create(**loop);
    if (!signals || !pacer)
        return give_up("cannot watch signals", (signals ? pacer.error() : signals.error()).os_error);
    auto folder = TemporaryFolder::create();
    if (!folder) return give_up("cannot make a temporary folder", folder.error().os_error);
    const std::uint16_t port = options.port != 0 ? options.port : find_free_port();
    if (port == 0) return give_up("cannot find a free port", errno);

    Children children;
    ProxyUnderLoad proxy(children, program, folder->path(), port);
    Demonstration demonstration(options, {**loop, **pacer, children, proxy, *story, backend, *backend_pid});
    relay.performer = &demonstration;
    return demonstration.run();
}

}  // namespace baton::demo
