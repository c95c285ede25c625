"""Requests that are under way move: answers that flow, bodies that are sent, answers that are waited for."""

import os
import threading

import pytest

from support.moving import replace, wait_gone
from support.over_tls import over_tls
from support.scripted_upstream import OK
from support.waiting import PATIENCE, wait_until

ORDERS = ["upgrade", "reload"]


@pytest.fixture(params=["plain", "tls"])
def proxied(request, proxied, pki):
    return proxied if request.param == "plain" else over_tls(proxied, pki)


def read_chunk(reader):
    size = int(reader.until(b"\r\n").strip(), 16)
    return reader.exactly(size + 2)[:-2]


class Script:
    """An upstream that answers step by step, when the test says so."""

    def __init__(self):
        self.peer = None

    def __call__(self, peer):
        request = peer.request()
        self.request, self.peer = request, peer
        while peer.reader.fill():
            pass

    def wait(self):
        wait_until(lambda: self.peer is not None, "the request has arrived")
        return self.peer


@pytest.mark.parametrize("order", ORDERS)
def test_an_event_stream_moves_without_gap_or_repetition(proxied, order):
    script = Script()
    proxy, _ = proxied(script=script)
    with proxy.client() as client:
        client.request("GET", "/events")
        peer = script.wait()
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
        client.reader.head()
        for number in range(6):
            event = b"data: %d\n\n" % number
            peer.send(b"%x\r\n%s\r\n" % (len(event), event))
            assert read_chunk(client.reader) == event
            wait_gone(proxy, replace(proxy, order))
        peer.send(b"0\r\n\r\n")
        assert read_chunk(client.reader) == b""
    lines = proxy.wait_access_lines(2)
    assert [line["event"] for line in lines] == ["sse_open", "sse_close"]
    assert (lines[1]["bytes_out"], lines[1]["id"]) == (6 * len(b"data: 0\n\n"), lines[0]["id"])


@pytest.mark.parametrize("order", ORDERS)
def test_a_download_moves_in_the_middle(proxied, order):
    body = os.urandom(3_000_000)

    def script(peer):
        peer.request()
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

    proxy, _ = proxied(script=script)
    with proxy.client(receive_buffer=4096) as client:
        client.request("GET", "/")
        client.reader.head()
        received = b""
        for _ in range(3):
            received += client.reader.exactly(300_000)
            wait_gone(proxy, replace(proxy, order))
        assert received + client.reader.exactly(len(body) - len(received)) == body
    lines = proxy.wait_access_lines(1)
    assert (lines[0]["status"], lines[0]["bytes_out"], lines[0]["end"]) == (200, len(body), "ok")


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_an_upload_moves_in_the_middle(proxied, order, framing):
    pieces = [os.urandom(100_000) for _ in range(12)]
    proxy, app = proxied()
    with proxy.client() as client:
        head = "POST /up HTTP/1.1\r\nHost: example.test\r\n"
        if framing == "length":
            head += f"Content-Length: {sum(map(len, pieces))}\r\n\r\n"
        else:
            head += "Transfer-Encoding: chunked\r\n\r\n"
        client.send(head)
        for number, piece in enumerate(pieces):
            if number in (3, 6, 9):
                wait_gone(proxy, replace(proxy, order))
            client.send(b"%x\r\n" % len(piece) + piece + b"\r\n" if framing == "chunked" else piece)
        if framing == "chunked":
            client.send(b"0\r\n\r\n")
        assert client.response().status == 200
        assert client.get("/again").status == 200
    assert app.requests[0].body == b"".join(pieces)
    lines = proxy.wait_access_lines(2)
    assert [line["bytes_in"] for line in lines] == [sum(map(len, pieces)), 0]


@pytest.mark.parametrize("order", ORDERS)
def test_an_answer_that_is_waited_for_comes_after_the_move(proxied, order):
    script = Script()
    proxy, _ = proxied(script=script)
    with proxy.client() as client:
        client.request("GET", "/slow", headers=[("X-Request-Id", "ignored")])
        peer = script.wait()
        for _ in range(3):
            wait_gone(proxy, replace(proxy, order))
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nX-From: app\r\n\r\nslow")
        answer = client.response()
        assert (answer.status, answer.body, answer.get("X-From")) == (200, b"slow", "app")
    line = proxy.wait_access_lines(1)[0]
    assert (line["status"], line["path"], line["end"]) == (200, "/slow", "ok")
    assert line["id"] == script.request.head.get("X-Request-Id")


@pytest.mark.parametrize("order", ORDERS)
def test_half_a_response_head_and_half_a_chunk_move(proxied, order):
    script = Script()
    proxy, _ = proxied(script=script)
    with proxy.client() as client:
        client.request("GET", "/pieces")
        peer = script.wait()
        peer.send(b"HTTP/1.1 200 OK\r\nTransfer-Enc")
        wait_gone(proxy, replace(proxy, order))
        peer.send(b"oding: chunked\r\n\r\n1")
        wait_gone(proxy, replace(proxy, order))
        peer.send(b"0\r\n01234567")
        wait_gone(proxy, replace(proxy, order))
        peer.send(b"89abcdef\r")
        wait_gone(proxy, replace(proxy, order))
        peer.send(b"\n0\r\n\r\n")
        assert client.response().body == b"0123456789abcdef"


@pytest.mark.parametrize("order", ORDERS)
def test_pipelined_requests_move_behind_the_one_that_runs(proxied, order):
    script = Script()
    proxy, _ = proxied(script=script)
    with proxy.client() as client:
        client.send(b"GET /1 HTTP/1.1\r\nHost: example.test\r\n\r\nGET /2 HTTP/1.1\r\nHost: example.test\r\n\r\n")
        first = script.wait()
        wait_gone(proxy, replace(proxy, order))
        script.peer = None
        first.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: close\r\n\r\n1")
        assert client.response().body == b"1"
        second = script.wait()
        assert script.request.head.target == "/2"
        second.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n2")
        assert client.response().body == b"2"


def test_a_response_goes_on_when_its_route_and_upstream_are_gone(proxied):
    script = Script()
    proxy, _ = proxied(script=script)
    with proxy.client() as client:
        client.request("GET", "/download")
        peer = script.wait()
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n01234")
        client.reader.head()
        proxy.sections["upstreams"] = {"other": {"endpoints": ["127.0.0.1:1"]}}
        proxy.sections["hosts"] = [{"routes": [{"name": "other", "respond": {"status": 204}}]}]
        proxy.write_config()
        wait_gone(proxy, replace(proxy, "reload"))
        peer.send(b"56789")
        assert client.reader.exactly(10) == b"0123456789"
        assert client.get("/").status == 204
    line = proxy.wait_access_lines(2)[0]
    assert (line["status"], line["bytes_out"], line["end"]) == (200, 10, "ok")
    assert line["upstream"] == "app"


def test_another_try_after_a_move_does_not_go_to_an_endpoint_that_was_tried_before(baton, upstream):
    seen = {"refusing": [], "late": [], "good": []}
    release = threading.Event()

    def answering(name, reply, wait=False):
        def script(peer):
            while True:
                seen[name].append(peer.request().head.get("X-Request-Id"))
                if wait:
                    assert release.wait(30 * PATIENCE)
                peer.send(reply)

        return upstream(script).endpoint

    unavailable = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"
    endpoints = [answering("refusing", unavailable), answering("late", unavailable, wait=True), answering("good", OK)]
    proxy = baton(upstreams={"app": endpoints}, workers=1,
                  defaults={"retries": {"attempts": 2, "when": ["503"], "budget": "100%"}})
    clients = []
    # Which endpoint comes next is chance, and one that has refused is not asked for a while.
    while not set(seen["refusing"]) & set(seen["late"]):
        clients.append(proxy.client())
        clients[-1].request("GET", "/")
        wait_until(lambda: len(seen["late"]) + len(seen["good"]) == len(clients), "it is somewhere")
        assert len(clients) < 200
    wait_gone(proxy, replace(proxy, "upgrade"))
    release.set()
    assert [client.response().status for client in clients] == [200] * len(clients)
    for name, ids in seen.items():
        assert len(set(ids)) == len(ids), name
