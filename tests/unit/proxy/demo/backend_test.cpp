#include "proxy/demo/backend.h"

#include "proxy/demo/content.h"
#include "tests/unit/proxy/demo/backend_in_process.h"

#include <boost/test/unit_test.hpp>

namespace baton::demo {

namespace {

struct AskingBackend : BackendInProcess {
    Recorder ask(const std::string& request, http::Method method = http::Method::get) {
        Recorder recorder;
        Conversation conversation(*loop, pool, recorder);
        conversation.open(listener.address);
        conversation.ask(method, request);
        BOOST_TEST(turn_until([&] { return recorder.over(); }));
        return recorder;
    }
};

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(demo_backend, AskingBackend)

BOOST_AUTO_TEST_CASE(the_front_page_is_friendly_and_names_the_generation) {
    story.generation = 4;
    story.master_pid = 4711;
    const Recorder page = ask("GET / HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n\r\n");
    BOOST_TEST(page.status == 200);
    BOOST_TEST(contains(page.body, "Hello"));
    BOOST_TEST(contains(page.body, "generation 4"));
    BOOST_TEST(contains(page.body, "kill -USR2 4711"));
    BOOST_TEST(contains(page.body, "http://127.0.0.1:8080/events"));
}

BOOST_AUTO_TEST_CASE(bytes_are_answered_in_the_size_that_was_asked_for) {
    const Recorder answer = ask("GET /bytes/100000/7-1 HTTP/1.1\r\nHost: a\r\n\r\n");
    BOOST_TEST(answer.status == 200);
    BOOST_TEST(answer.body == repeated_content("7-1", 100000));
}

BOOST_AUTO_TEST_CASE(a_size_that_is_none_or_too_large_is_not_found) {
    for (const char* target :
         {"/bytes/x/1", "/bytes/-1/1", "/bytes/99999999999/1", "/bytes/12", "/nowhere"}) {
        BOOST_TEST(ask("GET " + std::string(target) + " HTTP/1.1\r\nHost: a\r\n\r\n").status == 404);
    }
}

BOOST_AUTO_TEST_CASE(an_upload_is_digested_whatever_its_framing) {
    Digest digest;
    digest.add("Hello, Baton");
    const auto post = [this](const std::string& rest) {
        return ask("POST /digest HTTP/1.1\r\nHost: a\r\n" + rest, http::Method::post);
    };
    const Recorder with_length = post("Content-Length: 12\r\n\r\nHello, Baton");
    const Recorder in_chunks =
        post("Transfer-Encoding: chunked\r\n\r\n7\r\nHello, \r\n5\r\nBaton\r\n0\r\n\r\n");
    BOOST_TEST(with_length.body == digest.answer());
    BOOST_TEST(in_chunks.body == digest.answer());
}

BOOST_AUTO_TEST_CASE(an_expectation_is_answered_before_the_body_is_read) {
    const Recorder answer =
        ask("POST /digest HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx",
            http::Method::post);
    BOOST_TEST(answer.status == 200);
}

BOOST_AUTO_TEST_CASE(requests_follow_each_other_on_one_connection) {
    Recorder recorder;
    Conversation conversation(*loop, pool, recorder);
    conversation.open(listener.address);
    for (int i = 0; i < 3; ++i) {
        recorder.complete = false;
        recorder.body.clear();
        conversation.ask(http::Method::get, "GET /bytes/3/z HTTP/1.1\r\nHost: a\r\n\r\n");
        BOOST_TEST(turn_until([&] { return recorder.over(); }));
        BOOST_TEST(recorder.body == "z\nz");
        BOOST_TEST(conversation.may_go_on());
    }
    BOOST_TEST(backend.connections() == 1U);
}

BOOST_AUTO_TEST_CASE(a_connection_ends_when_the_request_asks_for_it) {
    Recorder recorder;
    Conversation conversation(*loop, pool, recorder);
    conversation.open(listener.address);
    conversation.ask(http::Method::get, "GET /bytes/3/z HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    BOOST_TEST(turn_until([&] { return recorder.over(); }));
    BOOST_TEST(!conversation.may_go_on());
    conversation.close();
    BOOST_TEST(turn_until([&] { return backend.connections() == 0; }));
}

BOOST_AUTO_TEST_CASE(an_event_stream_begins_with_event_one_at_once) {
    Recorder recorder;
    Conversation conversation(*loop, pool, recorder);
    conversation.open(listener.address);
    conversation.ask(http::Method::get, "GET /events HTTP/1.1\r\nHost: a\r\n\r\n");
    BOOST_TEST(turn_until([&] { return contains(recorder.body, "id: 2\ndata: event 2\n\n"); }));
    BOOST_TEST(recorder.content_type == "text/event-stream");
    BOOST_TEST(recorder.body.starts_with("id: 1\ndata: event 1\n\n"));
    BOOST_TEST(!recorder.over());
}

BOOST_AUTO_TEST_CASE(nonsense_is_refused_with_a_status) {
    const Recorder answer = ask("GET / HTTP/1.1\r\n\r\n");
    BOOST_TEST(answer.status == 400);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace baton::demo
