/// The demo's backend and a loop to turn it with, in the test's own process.
#pragma once

#include "proxy/demo/backend.h"
#include "proxy/demo/client.h"
#include "proxy/demo/conversation.h"
#include "proxy/demo/pacer.h"

#include <boost/test/unit_test.hpp>
#include <memory>
#include <string>

namespace baton::demo {

struct BackendInProcess {
    std::unique_ptr<EventLoop> loop = EventLoop::create().value();
    std::unique_ptr<Pacer> pacer = Pacer::create(*loop).value();
    BlockPool pool;
    Story story;
    ListeningSocket listener = bind_backend().value();
    Backend backend{*loop, listener, story};
    Statistics statistics;
    std::minstd_rand random{1};
    ClientContext clients{*loop, pool, *pacer, statistics, listener.address, random};

    BackendInProcess() { BOOST_REQUIRE(backend.start()); }

    /// Turns the loop until `condition`; false when it does not come true within so many turns that something
    /// hangs.
    template <class Condition>
    bool turn_until(Condition condition) {
        for (int turns = 0; turns < 20000; ++turns) {
            if (condition()) return true;
            loop->turn(std::chrono::milliseconds{50});
        }
        return false;
    }
};

/// Keeps what a conversation tells.
struct Recorder final : ConversationHandler {
    std::uint16_t status = 0;
    std::string content_type;
    std::string body;
    std::string broken;
    bool complete = false;
    void on_head(const http::ResponseHead& head) noexcept override {
        status = head.status;
        if (const auto* field = head.fields.find("content-type")) content_type = field->value;
    }
    void on_bytes(std::string_view bytes) noexcept override { body.append(bytes); }
    void on_complete() noexcept override { complete = true; }
    void on_broken(const std::string& what) noexcept override { broken = what; }
    bool over() const { return complete || !broken.empty(); }
};

}  // namespace baton::demo
