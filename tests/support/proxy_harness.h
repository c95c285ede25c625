/// One worker's proxy in the test's own process, with scripted clients and endpoints on loopback and a clock
/// that only the test advances.
#pragma once

#include "proxy/proxy_service.h"
#include "server/event/event_loop.h"
#include "server/net/listener.h"

#include <sys/socket.h>

#include <boost/test/unit_test.hpp>
#include <functional>
#include <memory>
#include <string>

namespace baton::test {

/// A socket of the test's: never blocks, and turns the proxy's loop while it waits.
class Conversation {
public:
    Conversation(EventLoop& loop, Service& service, Fd socket)
        : loop_(&loop), service_(&service), socket_(std::move(socket)) {}

    void say(std::string_view text) {
        while (!text.empty()) {
            const ssize_t sent = ::send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
            if (sent > 0) text.remove_prefix(static_cast<std::size_t>(sent));
            turn();
        }
    }
    /// Says as much as the peer takes at once; says how much.
    std::size_t try_to_say(std::string_view text) {
        const ssize_t sent = ::send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        turn();
        return sent > 0 ? static_cast<std::size_t>(sent) : 0;
    }
    /// Reads until what has come ends with `end`, the peer closes, or nothing more comes for a while.
    std::string hear(std::string_view end) {
        hear_until([&] { return heard_.size() >= end.size() && heard_.ends_with(end); });
        return std::exchange(heard_, {});
    }
    /// Everything up to the peer's end.
    std::string hear_all() {
        hear_until([] { return false; });
        return std::exchange(heard_, {});
    }
    /// Reads what comes within a number of turns: to show that nothing comes.
    std::string hear_for_some_turns() {
        for (int i = 0; i < 20; ++i) {
            turn();
            read_once();
        }
        return std::exchange(heard_, {});
    }
    bool is_closed() {
        hear_until([this] { return closed_; });
        return closed_;
    }
    bool was_reset() const { return reset_; }
    /// From now on it is another worker whose turn it is while the test waits.
    void moved_to(EventLoop& loop, Service& service) {
        loop_ = &loop;
        service_ = &service;
    }
    void end() { ::shutdown(socket_.get(), SHUT_WR); }
    void leave() {
        socket_.reset();
        turn();
        turn();
    }

private:
    void turn() {
        loop_->turn(std::chrono::milliseconds{1});
        service_->end_turn();
    }
    void read_once() {
        char bytes[65536];
        const ssize_t got = ::recv(socket_.get(), bytes, sizeof bytes, MSG_DONTWAIT);
        if (got > 0) heard_.append(bytes, static_cast<std::size_t>(got));
        if (got == 0) closed_ = true;
        if (got < 0 && errno != EAGAIN) closed_ = reset_ = true;
    }
    template <class Predicate>
    void hear_until(Predicate done) {
        for (int turns = 0; turns < 500 && !closed_ && !done(); ++turns) {
            turn();
            read_once();
        }
    }

    EventLoop* loop_;
    Service* service_;
    Fd socket_;
    std::string heard_;
    bool closed_ = false;
    bool reset_ = false;
};

class ProxyHarness {
public:
    using Change = std::function<void(config::Config&)>;

    /// A proxy with one listener and one route to one endpoint, after `change` has had its way with them.
    explicit ProxyHarness(const Change& change = [](config::Config&) {}) {
        endpoint_listener_ = listen_on_loopback(endpoint_address_);
        auto config = std::make_shared<config::Config>();
        config->process.workers = 1;
        config->logging.level = config::LogLevel::crit;
        config->logging.access.enabled = false;
        auto& listener = config->listeners.emplace_back();
        listener.name = "main";
        auto& host = config->hosts.emplace_back();
        auto& route = host.routes.emplace_back();
        route.name = "only";
        config::Forward forward;
        forward.targets.push_back({"app", 1});
        route.action = forward;
        config::Upstream upstream;
        upstream.name = "app";
        upstream.host = *config::Template::parse("{host}");
        config::Endpoint endpoint;
        endpoint.host = "127.0.0.1";
        endpoint.port = endpoint_address_.port();
        endpoint.text = "app:1";
        upstream.endpoints.push_back(endpoint);
        config->upstreams.emplace("app", upstream);
        change(*config);

        ListeningSocket socket;
        socket.socket = listen_on_loopback(address_);
        socket.address = address_;
        socket.listener = "main";
        sockets_.push_back(std::move(socket));
        service_ = std::make_unique<ProxyService>(
            WorkerContext{*loop, config, sockets_, *memory_.claim(1, 0), 1, 0, memory_.ticket_keys()},
            nullptr, nullptr);
        service_->start_accepting();
    }
    ~ProxyHarness() {
        // What the last turn condemned still gives its blocks back to the service's pool.
        loop->turn(std::chrono::milliseconds{0});
    }

    Conversation client() {
        Fd socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
        BOOST_REQUIRE(::connect(socket.get(), address_.data(), address_.length()) == 0);
        return {*loop, *service_, std::move(socket)};
    }
    /// The proxy's next connection to the endpoint.
    Conversation endpoint() {
        for (int turns = 0; turns < 500; ++turns) {
            Fd socket{::accept4(endpoint_listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)};
            if (socket) return {*loop, *service_, std::move(socket)};
            turn();
        }
        BOOST_FAIL("the proxy did not connect to its endpoint");
        return {*loop, *service_, Fd{}};
    }
    bool has_new_endpoint_connection() {
        for (int turns = 0; turns < 20; ++turns) turn();
        return static_cast<bool>(
            Fd{::accept4(endpoint_listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)});
    }
    void stop_endpoint() { endpoint_listener_.reset(); }
    void advance(Duration by) {
        clock.advance(by);
        turn();
        turn();
    }
    void turn() {
        loop->turn(std::chrono::milliseconds{1});
        service_->end_turn();
    }
    ProxyService& service() { return *service_; }
    /// Bytes of the blocks that hold something on its way through.
    std::size_t bytes_buffered() const { return service_->bytes_buffered(); }
    std::uint64_t count(shared::Counter counter) { return memory_.total(counter); }
    std::int64_t gauge(shared::Gauge gauge) { return memory_.total(gauge); }

    FakeClock clock;
    std::unique_ptr<EventLoop> loop = std::move(*EventLoop::create(clock));

private:
    static Fd listen_on_loopback(Address& address) {
        const Address any = *Address::ip("127.0.0.1", 0);
        Fd socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
        BOOST_REQUIRE(::bind(socket.get(), any.data(), any.length()) == 0);
        BOOST_REQUIRE(::listen(socket.get(), 64) == 0);
        address = Address::local_of(socket.get());
        return socket;
    }

    shared::LineageMemory memory_ = std::move(*shared::LineageMemory::create());
    Address address_, endpoint_address_;
    Fd endpoint_listener_;
    std::vector<ListeningSocket> sockets_;
    std::unique_ptr<ProxyService> service_;
};

}  // namespace baton::test
