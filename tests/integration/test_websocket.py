"""RFC 6455 through a proxy: tunnels only after a checked 101, frames untouched, pings of the proxy's own."""

import struct

import pytest

from support import websocket
from support.http_message import EarlyEnd
from support.over_tls import over_tls
from support.waiting import wait_until
from support.websocket import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, close_frame, frame, read_frame


@pytest.fixture(params=["plain", "tls"])
def proxied(request, proxied, pki):
    return proxied if request.param == "plain" else over_tls(proxied, pki)


def accept(peer):
    """The upstream's side of a handshake; returns the request."""
    request = peer.request()
    peer.send(websocket.switching_protocols(request.head.get("Sec-WebSocket-Key")))
    return request


def echo(peer):
    accept(peer)
    while True:
        opcode, payload, final = read_frame(peer.reader)
        peer.send(frame(PONG if opcode == PING else opcode, payload, final=final))
        if opcode == CLOSE:
            return


def open_websocket(proxy, target="/ws", extra=""):
    client = proxy.client()
    key = websocket.new_key()
    client.send(websocket.upgrade_request(target, key, extra=extra))
    answer = client.response()
    assert answer.status == 101, answer
    assert answer.get("Sec-WebSocket-Accept") == websocket.accept_value(key)
    return client


def test_messages_pass_in_both_directions(proxied):
    proxy, _ = proxied(script=echo)
    with open_websocket(proxy) as client:
        for size in (0, 1, 125, 126, 65535, 65536, 300_000):
            payload = bytes(size)
            client.send(frame(BINARY, payload, mask=True))
            assert read_frame(client.reader) == (BINARY, payload, True)


def test_fragments_and_reserved_bits_pass_untouched(proxied):
    """permessage-deflate is end to end: RSV1 and compressed bytes are none of the proxy's business."""
    seen = []

    def script(peer):
        accept(peer)
        for _ in range(3):
            seen.append(peer.reader.exactly(2))
            peer.reader.exactly((seen[-1][1] & 0x7F) + 4)
        peer.send(frame(TEXT, b"packed", reserved=0x40))
        peer.wait_for_end()

    proxy, _ = proxied(script=script)
    with open_websocket(proxy, extra="Sec-WebSocket-Extensions: permessage-deflate\r\n") as client:
        client.send(frame(TEXT, b"abc", mask=True, final=False, reserved=0x40))
        client.send(frame(CONTINUATION, b"def", mask=True, final=False))
        client.send(frame(CONTINUATION, b"", mask=True))
        assert client.reader.exactly(2 + 6) == frame(TEXT, b"packed", reserved=0x40)
    assert [head[0] for head in seen] == [0x41, 0x00, 0x80]


def test_the_handshake_passes_with_its_extensions_and_protocol(proxied):
    requests = []

    def script(peer):
        request = peer.request()
        requests.append(request)
        key = request.head.get("Sec-WebSocket-Key")
        peer.send(websocket.switching_protocols(key).replace(b"\r\n\r\n", b"\r\nSec-WebSocket-Protocol: chat\r\n\r\n"))
        peer.wait_for_end()

    proxy, _ = proxied(script=script)
    with open_websocket(proxy, extra="Sec-WebSocket-Protocol: chat, superchat\r\n") as client:
        assert client
    head = requests[0].head
    assert head.get("Upgrade").lower() == "websocket"
    assert head.get("Connection").lower() == "upgrade"
    assert head.get("Sec-WebSocket-Protocol") == "chat, superchat"
    assert head.get("Sec-WebSocket-Version") == "13"
    assert head.get("X-Forwarded-For") == "127.0.0.1"


def test_a_close_of_the_client_is_relayed_and_both_sides_end(proxied):
    proxy, _ = proxied(script=echo)
    with open_websocket(proxy) as client:
        client.send(close_frame(1000, b"bye", mask=True))
        opcode, payload, _ = read_frame(client.reader)
        assert (opcode, payload) == (CLOSE, struct.pack("!H", 1000) + b"bye")
        assert client.ends()
    lines = proxy.wait_access_lines(2)
    assert [line["event"] for line in lines] == ["ws_open", "ws_close"]
    assert lines[1]["ws_close_code"] == 1000
    assert lines[1]["ws_close_by"] == "client"


def test_a_close_of_the_upstream_is_relayed(proxied):
    def script(peer):
        accept(peer)
        peer.send(close_frame(1011, b"oops"))
        assert read_frame(peer.reader)[0] == CLOSE

    proxy, _ = proxied(script=script)
    with open_websocket(proxy) as client:
        assert read_frame(client.reader)[:2] == (CLOSE, struct.pack("!H", 1011) + b"oops")
        client.send(close_frame(1011, mask=True))
        client.is_ended()
    assert proxy.wait_access_lines(2)[1]["ws_close_by"] == "upstream"


def test_an_upstream_that_vanishes_ends_the_client_too(proxied):
    def script(peer):
        accept(peer)
        read_frame(peer.reader)
        peer.reset()

    proxy, _ = proxied(script=script)
    with open_websocket(proxy) as client:
        client.send(frame(TEXT, b"now", mask=True))
        assert client.is_ended()


def test_a_silent_client_is_pinged_and_messages_pass_between(proxied):
    upstream_saw = []

    def script(peer):
        accept(peer)
        # The answers to our pings may pass: an unsolicited Pong is allowed (RFC 6455 §5.5.3).
        while (received := read_frame(peer.reader))[0] == PONG:
            pass
        upstream_saw.append(received)
        peer.send(frame(TEXT, b"done"))
        peer.wait_for_end()

    proxy, _ = proxied(script=script, defaults={"websocket": {"ping_interval": "100ms", "pong_timeout": "60s"}})
    with open_websocket(proxy) as client:
        for _ in range(3):
            opcode, payload, _ = read_frame(client.reader)
            assert opcode == PING
            client.send(frame(PONG, payload, mask=True))
        client.send(frame(TEXT, b"hello", mask=True))
        while (received := read_frame(client.reader))[0] == PING:
            client.send(frame(PONG, received[1], mask=True))
        assert received[:2] == (TEXT, b"done")
    assert upstream_saw == [(TEXT, b"hello", True)]


def test_a_ping_never_lands_inside_a_frame(proxied):
    """The upstream's frame arrives in two halves with the ping due between them."""

    def script(peer):
        accept(peer)
        whole = frame(BINARY, b"x" * 1000)
        peer.send(whole[:500])
        # The client reads pings only between frames: it asks for the rest once it has the first half.
        wait_until(lambda: halfway, "the first half has arrived")
        peer.send(whole[500:])
        peer.wait_for_end()

    halfway = []
    proxy, _ = proxied(script=script, defaults={"websocket": {"ping_interval": "50ms", "pong_timeout": "60s"}})
    with open_websocket(proxy) as client:
        while True:
            first_two = client.reader.exactly(2)
            if first_two[0] & 0x0F != PING:
                break
            client.send(frame(PONG, client.reader.exactly(first_two[1]), mask=True))
        assert client.reader.exactly(2) == struct.pack("!H", 1000)
        assert client.reader.exactly(496) == b"x" * 496
        halfway.append(True)
        assert client.reader.exactly(504) == b"x" * 504


def test_a_client_that_answers_no_ping_is_closed(proxied):
    def script(peer):
        accept(peer)
        peer.wait_for_end()

    proxy, _ = proxied(script=script, defaults={"websocket": {"ping_interval": "100ms", "pong_timeout": "200ms"}})
    with open_websocket(proxy) as client:
        assert client.is_ended()
    line = proxy.wait_access_lines(2)[1]
    assert line["ws_close_by"] == "baton"


def test_a_refusal_of_the_upstream_passes_as_an_ordinary_answer(proxied):
    proxy, _ = proxied(reply=b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno")
    with proxy.client() as client:
        client.send(websocket.upgrade_request())
        answer = client.response()
        assert (answer.status, answer.body) == (403, b"no")
        # No tunnel: the next bytes are the next request.
        assert client.get("/").status == 403


def test_frames_sent_before_the_101_reach_no_upstream_that_refuses(proxied):
    """What follows the handshake must be neither a request nor forwarded before the switch."""
    after = []

    def script(peer):
        peer.request()
        peer.send(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno")
        after.append(peer.wait_for_end())

    proxy, app = proxied(script=script)
    with proxy.client() as client:
        client.send(websocket.upgrade_request() + frame(TEXT, b"early", mask=True))
        assert client.response().status == 403
    wait_until(lambda: after, "the upstream saw the end")
    assert after == [b""]
    assert app.connections == 1


WRONG_HANDSHAKES = {
    "wrong accept": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    b"Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n",
    "no accept": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
    "another protocol": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n",
}


@pytest.mark.parametrize("answer", WRONG_HANDSHAKES.values(), ids=WRONG_HANDSHAKES.keys())
def test_a_101_that_does_not_fit_opens_no_tunnel(proxied, answer):
    def script(peer):
        peer.request()
        peer.send(answer)
        peer.wait_for_end()

    proxy, _ = proxied(script=script)
    with proxy.client() as client:
        client.send(websocket.upgrade_request())
        assert client.response().status == 502


def test_h2c_and_unknown_protocols_are_stripped(proxied):
    proxy, app = proxied()
    with proxy.client() as client:
        answer = client.get("/", [("Connection", "Upgrade, HTTP2-Settings"), ("Upgrade", "h2c"),
                                  ("HTTP2-Settings", "AAMAAABkAAQAAP__")])
        assert answer.status == 200
    head = app.only_request().head
    assert not head.has("Upgrade") and not head.has("HTTP2-Settings")


def test_an_upgrade_with_a_body_or_another_method_is_not_tunnelled(proxied):
    proxy, app = proxied()
    with proxy.client() as client:
        client.send(b"POST / HTTP/1.1\r\nHost: a.test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nContent-Length: 2\r\n"
                    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\nab")
        answer = client.response()
    assert answer.status in (200, 400)
    if app.requests:
        assert not app.only_request().head.has("Upgrade")


def test_a_route_may_let_no_upgrade_through(proxied):
    proxy, app = proxied(routes=[{"to": "app", "upgrades": []}])
    with proxy.client() as client:
        client.send(websocket.upgrade_request())
        assert client.response().status == 200
    assert not app.only_request().head.has("Upgrade")


def test_an_idle_tunnel_ends_after_its_limit(proxied):
    def script(peer):
        accept(peer)
        peer.wait_for_end()

    proxy, _ = proxied(script=script, defaults={"websocket": {"idle_timeout": "200ms", "ping_interval": "0"}})
    with open_websocket(proxy) as client:
        assert client.is_ended()


def test_live_websockets_are_counted_by_status(proxied):
    proxy, _ = proxied(script=echo)
    clients = [open_websocket(proxy) for _ in range(5)]
    wait_until(lambda: '"websockets":5' in str(proxy.command("status", "--json").stdout).replace(" ", ""),
               "status shows five WebSockets")
    for client in clients:
        client.close()
    wait_until(lambda: '"websockets":0' in str(proxy.command("status", "--json").stdout).replace(" ", ""),
               "status shows none")


def test_a_large_message_passes_a_slow_reader_byte_for_byte(proxied):
    payload = bytes(range(256)) * 40_000  # 10 MB

    def script(peer):
        accept(peer)
        peer.send(frame(BINARY, payload))
        peer.wait_for_end()

    proxy, _ = proxied(script=script)
    with open_websocket(proxy) as client:
        try:
            assert read_frame(client.reader) == (BINARY, payload, True)
        except EarlyEnd as error:
            raise AssertionError("the tunnel ended inside the frame") from error
