"""Server-sent events and other streams: every piece passes at once, in both directions."""

import pytest

from support.over_tls import over_tls
from support.scripted_upstream import OK
from support.waiting import wait_until


@pytest.fixture(params=["plain", "tls"])
def proxied(request, proxied, pki):
    return proxied if request.param == "plain" else over_tls(proxied, pki)


def test_each_event_passes_before_the_next_is_made(proxied):
    """The upstream sends an event only when the client has had the one before: any buffering would block here."""
    received = []

    def script(peer):
        peer.request()
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
        for number in range(1, 6):
            peer.send(b"data: %d\n\n" % number)
            wait_until(lambda: len(received) >= number, f"event {number} arrives")

    proxy, _ = proxied(script=script)
    with proxy.client() as client:
        client.request("GET", "/events")
        head = client.reader.head()
        assert head.get("Content-Type") == "text/event-stream"
        chunked = "chunked" in (head.get("Transfer-Encoding") or "")
        for number in range(1, 6):
            if chunked:
                size = int(client.reader.until(b"\r\n"), 16)
                piece = client.reader.exactly(size)
                client.reader.exactly(2)
            else:
                piece = client.reader.until(b"\n\n")
            assert piece == b"data: %d\n\n" % number
            received.append(number)


def test_a_chunk_passes_before_the_next_is_made(proxied):
    received = []

    def script(peer):
        peer.request()
        peer.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for number in range(1, 6):
            peer.send(b"1\r\n%d\r\n" % number)
            wait_until(lambda: len(received) >= number, f"chunk {number} arrives")
        peer.send(b"0\r\n\r\n")

    proxy, _ = proxied(script=script)
    with proxy.client() as client:
        client.request("GET", "/")
        client.reader.head()
        for number in range(1, 6):
            size = int(client.reader.until(b"\r\n"), 16)
            assert client.reader.exactly(size + 2) == b"%d\r\n" % number
            received.append(number)
        assert client.reader.until(b"\r\n\r\n") == b"0\r\n\r\n"


def test_a_request_body_passes_piece_by_piece(proxied):
    received = []

    def script(peer):
        peer.reader.head()
        for number in range(1, 6):
            size = int(peer.reader.until(b"\r\n"), 16)
            received.append(peer.reader.exactly(size))
            peer.reader.exactly(2)
        assert peer.reader.until(b"\r\n\r\n") == b"0\r\n\r\n"
        peer.send(OK)

    proxy, _ = proxied(script=script)
    with proxy.client() as client:
        client.send("POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n")
        for number in range(1, 6):
            client.send(b"1\r\n%d\r\n" % number)
            wait_until(lambda: len(received) >= number, f"piece {number} reaches the upstream")
        client.send("0\r\n\r\n")
        assert client.response().body == b"ok"


def test_a_stream_that_is_cut_short_is_not_passed_on_as_complete(proxied):
    """RFC 9112 §8: an incomplete chunked answer must look incomplete to the client too."""

    def script(peer):
        peer.request()
        peer.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")

    proxy, _ = proxied(script=script)
    with proxy.client() as client:
        client.request("GET", "/")
        client.reader.head()
        rest = client.reader.to_end()
    assert b"hello" in rest
    assert not rest.endswith(b"0\r\n\r\n")


def test_an_event_stream_appears_in_the_log_at_its_start_and_at_its_end(proxied):
    def script(peer):
        peer.request()
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n")

    proxy, _ = proxied(script=script)
    proxy.get("/events")
    events = [line["event"] for line in proxy.wait_access_lines(2)]
    assert events == ["sse_open", "sse_close"]


def test_the_upstream_is_let_go_when_the_client_leaves(proxied):
    ended = []

    def script(peer):
        peer.request()
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n")
        peer.wait_for_end()
        ended.append(True)

    proxy, _ = proxied(script=script)
    with proxy.client() as client:
        client.request("GET", "/events")
        client.reader.head()
    wait_until(lambda: ended, "the upstream connection is closed")
