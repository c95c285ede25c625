#include "proxy/demo/client_crowd.h"

#include "proxy/demo/event_stream_client.h"
#include "proxy/demo/request_client.h"
#include "proxy/demo/view.h"
#include "proxy/demo/websocket_client.h"
#include "tests/unit/proxy/demo/backend_in_process.h"

#include <boost/test/unit_test.hpp>

namespace baton::demo {

namespace {

/// A server that does one fixed thing to every connection: it reads something, sends `answer`, and closes.
struct FixedServer : private AcceptHandler, private TransportHandler {
    explicit FixedServer(EventLoop& the_loop, std::string the_answer)
        : loop(the_loop), answer(std::move(the_answer)), acceptor(the_loop, listener, *this) {
        BOOST_REQUIRE(acceptor.start());
    }
    void on_accepted(Fd socket, const Address& peer, const ListeningSocket&) noexcept override {
        transport = TcpTransport::create(loop, std::move(socket), peer).value();
        transport->set_handler(*this);
    }
    void on_out_of_descriptors() noexcept override {}
    void on_transport_ready() noexcept override {
        ReceiveBuffer in(pool);
        if (!transport->readable() || transport->receive(in).status != IoStatus::done) return;
        ByteQueue out(pool);
        out.append(answer);
        transport->send(out);
        transport->close();
    }

    EventLoop& loop;
    std::string answer;
    BlockPool pool;
    ListeningSocket listener = bind_backend().value();
    Acceptor acceptor;
    std::unique_ptr<TcpTransport> transport;
};

struct FaultyServer : BackendInProcess {
    /// What one client of this sort reports when every connection is answered with `answer` and closed.
    template <class ClientType, class... Arguments>
    std::string first_incident(const std::string& answer, Arguments... arguments) {
        FixedServer server(*loop, answer);
        clients.target = server.listener.address;
        ClientType client(clients, arguments...);
        client.start();
        BOOST_TEST(turn_until([&] { return !statistics.clean(); }));
        client.stop();
        return statistics.incidents().front().what;
    }
};

constexpr Habit hasty{Load::keep_alive, Duration{0}, std::chrono::milliseconds{1}};
bool begins(const std::string& text, const std::string& beginning) {
    return text.starts_with(beginning);
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(demo_client_crowd, FaultyServer)

BOOST_AUTO_TEST_CASE(against_the_backend_alone_nothing_fails_and_nothing_is_dropped) {
    LoadSizes sizes;
    sizes.websockets = 20;
    sizes.streams = 3;
    ClientCrowd crowd(clients, sizes);
    crowd.open_lasting();
    BOOST_TEST(turn_until([&] { return crowd.lasting_settled(); }));
    crowd.start_requests();
    BOOST_TEST(turn_until([&] {
        return statistics.requests(Load::keep_alive) > 500 &&
               statistics.requests(Load::new_connection) > 20 && statistics.requests(Load::upload) > 20 &&
               statistics.lasting(Load::websocket).messages > 40 &&
               statistics.lasting(Load::event_stream).messages > 10;
    }));
    BOOST_TEST(statistics.lasting(Load::websocket).alive == 20U);
    BOOST_TEST(statistics.lasting(Load::event_stream).alive == 3U);
    crowd.stop();
    BOOST_TEST(turn_until([&] { return crowd.has_ended(); }));
    BOOST_TEST(render_incidents(statistics) == "");
    BOOST_TEST(turn_until([&] { return backend.connections() == 0; }));
}

BOOST_AUTO_TEST_CASE(a_connection_closed_instead_of_an_answer_is_a_failure) {
    BOOST_TEST(begins(first_incident<RequestClient>("", hasty, 1U),
                      "the connection was closed instead of an answer"));
}

BOOST_AUTO_TEST_CASE(a_keep_alive_client_notices_a_close_between_requests_only_by_writing) {
    const std::string content = repeated_content("1-1", 128);
    // Whatever size the client asks for first, its second request meets the closed connection at the latest.
    const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 128\r\n\r\n" + content;
    first_incident<RequestClient>(answer, hasty, 1U);
    BOOST_TEST(statistics.failed() == 1U);
}

BOOST_AUTO_TEST_CASE(a_status_other_than_200_is_a_failure_with_its_reason) {
    const std::string what = first_incident<RequestClient>(
        "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 9\r\n\r\nno server", hasty, 1U);
    BOOST_TEST(begins(what, "status 502: no server"));
}

BOOST_AUTO_TEST_CASE(an_answer_cut_short_is_a_failure) {
    const std::string what =
        first_incident<RequestClient>("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n1-1\n", hasty, 1U);
    BOOST_TEST(begins(what, "the connection was closed after 4 bytes of the response body"));
}

BOOST_AUTO_TEST_CASE(an_answer_that_is_not_http_is_a_failure) {
    BOOST_TEST(begins(first_incident<RequestClient>("SSH-2.0-x\r\n\r\n", hasty, 1U),
                      "the response head is not HTTP"));
}

BOOST_AUTO_TEST_CASE(a_refused_connection_is_a_failure) {
    { clients.target = bind_backend().value().address; }  // nobody listens there any more
    RequestClient client(clients, hasty, 1);
    client.start();
    BOOST_TEST(turn_until([&] { return statistics.failed() > 0; }));
    client.stop();
    BOOST_TEST(begins(statistics.incidents().front().what, "connecting failed: Connection refused"));
}

BOOST_AUTO_TEST_CASE(a_websocket_handshake_without_the_right_accept_is_a_drop) {
    const std::string what = first_incident<WebSocketClient>(
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n",
        1U);
    BOOST_TEST(what == "the handshake was answered with a wrong Sec-WebSocket-Accept");
    BOOST_TEST(statistics.lasting(Load::websocket).alive == 0U);
}

BOOST_AUTO_TEST_CASE(a_missing_event_is_a_drop) {
    const std::string head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";
    const std::string first = "id: 1\ndata: event 1\n\n";
    BOOST_TEST(first_incident<EventStreamClient>(head + first + "id: 3\ndata: event 3\n\n", 1U) ==
               "event 3 came after event 1");
}

BOOST_AUTO_TEST_CASE(a_repeated_event_is_a_drop) {
    const std::string head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";
    const std::string first = "id: 1\ndata: event 1\n\n";
    BOOST_TEST(first_incident<EventStreamClient>(head + first + first, 1U) == "event 1 came twice");
}

BOOST_AUTO_TEST_CASE(an_event_stream_that_ends_is_a_drop) {
    const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 21\r\n\r\nid: 1\ndata: event 1\n\n";
    BOOST_TEST(first_incident<EventStreamClient>(answer, 1U) == "the stream ended");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace baton::demo
