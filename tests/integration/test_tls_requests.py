"""HTTP over TLS 1.2 and 1.3 with every AEAD: what works without TLS works with it."""

import hashlib
import json
import subprocess

import pytest

from support import websocket
from support.background import BackendProcess
from support.backend import known_bytes
from support.scripted_upstream import OK
from support.tls_client import SUITES, update_keys
from support.waiting import wait_until
from support.websocket import BINARY, CLOSE, close_frame, frame, read_frame

every_suite = pytest.mark.parametrize("version,aead", SUITES, ids=[f"{v}-{a}" for v, a in SUITES])
every_version = pytest.mark.parametrize("version", ["1.2", "1.3"])


@pytest.fixture
def backend():
    process = BackendProcess()
    yield process
    process.end()


@pytest.fixture
def serving(baton, backend, pki):
    """A TLS listener before the known backend."""
    return baton(upstreams={"app": [backend.endpoint]}, certificates=[pki.default()],
                 defaults={"limits": {"body_size": "off"}})


@every_suite
def test_requests_are_answered_one_after_the_other_on_one_connection(secured, version, aead):
    proxy, app = secured()
    with proxy.client(version=version, aead=aead) as client:
        for number in range(20):
            assert client.get(f"/{number}").body == b"ok"
    assert [request.head.target for request in app.requests] == [f"/{number}" for number in range(20)]
    assert all(request.head.get("X-Forwarded-Proto") == "https" for request in app.requests)


@every_suite
def test_pipelined_requests_are_answered_in_their_order(secured, version, aead):
    def script(peer):
        while True:
            target = peer.request().head.target.encode()
            peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(target), target))

    proxy, _ = secured(script=script)
    with proxy.client(version=version, aead=aead) as client:
        client.send("".join(f"GET /{number} HTTP/1.1\r\nHost: example.test\r\n\r\n" for number in range(50)))
        assert [client.response().body for _ in range(50)] == [b"/%d" % number for number in range(50)]


@every_suite
def test_bodies_pass_in_both_directions_in_chunks_and_with_a_length(serving, version, aead):
    body = known_bytes(300_000)
    with serving.client(version=version, aead=aead) as client:
        client.request("POST", "/echo", body=body)
        assert client.response().body == body
        client.send("POST /echo HTTP/1.1\r\nHost: example.test\r\nTransfer-Encoding: chunked\r\n\r\n")
        for start in range(0, len(body), 7001):
            piece = body[start:start + 7001]
            client.send(b"%x\r\n%s\r\n" % (len(piece), piece))
        client.send("0\r\n\r\n")
        assert client.response().body == body
        client.request("GET", "/chunked/100000")
        answer = client.response()
        assert answer.framing == "chunked" and answer.body == known_bytes(100_000)


@every_version
def test_requests_in_records_of_one_byte_are_understood(secured, version):
    proxy, app = secured()
    with proxy.client(version=version) as client:
        for byte in b"POST /x HTTP/1.1\r\nHost: example.test\r\nContent-Length: 3\r\n\r\nabc":
            client.send(bytes([byte]))
        assert client.response().status == 200
    assert app.only_request().body == b"abc"


def test_a_client_may_change_its_keys_between_and_within_requests(secured):
    proxy, app = secured()
    with proxy.client(version="1.3") as client:
        for asking in (True, False, True):
            update_keys(client.sock, asking)
            client.send("POST / HTTP/1.1\r\nHost: example.test\r\nContent-Length: 4\r\n\r\nbo")
            update_keys(client.sock, asking)
            client.send("dy")
            assert client.response().body == b"ok"
    assert [request.body for request in app.requests] == [b"body"] * 3


def test_a_flood_of_key_updates_ends_the_connection_and_no_other(secured):
    """A thousand for one record of data cost us more than the peer."""
    proxy, _ = secured(workers=1)
    with proxy.client(version="1.3") as other, proxy.client(version="1.3") as client:
        with pytest.raises((AssertionError, OSError)):
            for _ in range(100_000):
                update_keys(client.sock, asking=False)
        assert other.get("/").status == 200


@every_version
def test_100_continue_passes_before_the_body(secured, version):
    def script(peer):
        head = peer.reader.head()
        peer.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        assert peer.reader.exactly(int(head.get("Content-Length"))) == b"body"
        peer.send(OK)

    proxy, _ = secured(script=script)
    with proxy.client(version=version) as client:
        client.send("POST / HTTP/1.1\r\nHost: example.test\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n")
        assert client.reader.head().status == 100
        client.send("body")
        assert client.response().status == 200


@every_version
def test_the_end_of_a_connection_is_a_close_notify(secured, version):
    proxy, _ = secured()
    with proxy.client(version=version) as client:
        client.request("GET", "/", headers=[("Connection", "close")])
        assert client.response().status == 200
        assert client.ends()


@every_version
def test_a_client_that_has_ended_its_side_still_gets_its_answer(secured, version):
    proxy, _ = secured()
    with proxy.client(version=version) as client:
        client.request("GET", "/")
        client.finish_sending()
        assert client.response().body == b"ok"
        assert client.ends()


def test_a_body_that_ends_with_the_connection_is_cut_for_all_to_see_when_its_upstream_is_cut(secured):
    """HTTP/1.0 knows no chunks: only a missing close_notify tells that the body is not whole."""
    def script(peer):
        peer.request()
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf")

    proxy, _ = secured(script=script)
    with proxy.client() as client:
        client.send("GET / HTTP/1.0\r\nHost: example.test\r\n\r\n")
        assert client.reader.head().status == 200
        assert not client.ends()


@every_suite
def test_big_bodies_arrive_with_their_digests(serving, version, aead, quick):
    size = (4 if quick else 64) * 1024 * 1024
    body = known_bytes(size)
    digest = hashlib.sha256(body).hexdigest()
    with serving.client(version=version, aead=aead, timeout=60) as client:
        client.request("POST", "/digest", body=body)
        assert json.loads(client.response().body) == {"bytes": size, "sha256": digest}
        client.request("GET", f"/bytes/{size}")
        assert hashlib.sha256(client.response().body).hexdigest() == digest


def test_a_client_that_reads_slowly_holds_its_upstream_back(secured):
    """What is sealed and not taken counts: an endless body must not fill the memory."""
    sent = []

    def script(peer):
        peer.request()
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
        peer.sock.settimeout(1)
        try:
            while True:
                sent.append(peer.sock.send(bytes(65536)))
        except TimeoutError:
            sent.append("blocked")

    proxy, _ = secured(script=script, workers=1)
    with proxy.client(receive_buffer=16384) as client:
        client.request("GET", "/")
        wait_until(lambda: "blocked" in sent, "the upstream is held back")
        assert sum(sent[:-1]) < 16 * 1024 * 1024
        assert client.reader.head().status == 200


@every_suite
def test_websocket_messages_pass_in_both_directions(serving, version, aead):
    with serving.client(version=version, aead=aead) as client:
        key = websocket.new_key()
        client.send(websocket.upgrade_request("/ws", key))
        answer = client.response()
        assert answer.status == 101 and answer.get("Sec-WebSocket-Accept") == websocket.accept_value(key)
        for size in (0, 1, 125, 126, 65536, 300_000):
            client.send(frame(BINARY, known_bytes(size), mask=True))
            assert read_frame(client.reader) == (BINARY, known_bytes(size), True)
        client.send(close_frame(1000, mask=True))
        assert read_frame(client.reader)[0] == CLOSE
        client.finish_sending()
        assert client.ends()


@every_version
def test_each_event_passes_before_the_next_is_made(secured, version):
    received = []

    def script(peer):
        peer.request()
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
        for number in range(1, 6):
            peer.send(b"data: %d\n\n" % number)
            wait_until(lambda: len(received) >= number, f"event {number} arrives")

    proxy, _ = secured(script=script)
    with proxy.client(version=version) as client:
        client.request("GET", "/events")
        assert client.reader.head().get("Content-Type") == "text/event-stream"
        for number in range(1, 6):
            size = int(client.reader.until(b"\r\n"), 16)
            assert client.reader.exactly(size + 2) == b"data: %d\n\n\r\n" % number
            received.append(number)


@every_suite
def test_curl_gets_its_answer(secured, pki, version, aead):
    proxy, _ = secured()
    suite = SUITES[version, aead]
    choice = ["--tls13-ciphers", suite, "--tlsv1.3"] if version == "1.3" else ["--ciphers", suite, "--tls-max", "1.2"]
    port = proxy.address[1]
    answer = subprocess.run(["curl", "-sS", "--http1.1", "--noproxy", "*", "--cacert", pki.ca, *choice, "--resolve",
                             f"example.test:{port}:127.0.0.1", f"https://example.test:{port}/a",
                             f"https://example.test:{port}/b"], capture_output=True, text=True, timeout=60)
    assert (answer.returncode, answer.stdout) == (0, "okok"), answer.stderr
    lines = proxy.wait_access_lines(2)
    assert {line["tls_version"] for line in lines} == {f"TLSv{version}"}
    assert all(line["sni"] == "example.test" and line["scheme"] == "https" for line in lines)


@every_suite
def test_s_client_gets_its_answer_after_an_update_of_its_keys(secured, pki, version, aead):
    """`K` and `k` in a line of their own make s_client update its keys, and ask for ours (TLS 1.3)."""
    proxy, _ = secured()
    suite = SUITES[version, aead]
    choice = ["-tls1_3", "-ciphersuites", suite] if version == "1.3" else ["-tls1_2", "-cipher", suite]
    client = subprocess.Popen(["openssl", "s_client", "-connect", f"127.0.0.1:{proxy.address[1]}", "-servername",
                               "example.test", "-CAfile", pki.ca, "-verify_return_error", "-quiet" if version == "1.2"
                               else "-brief", *choice],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        client.stdin.write(b"GET /1 HTTP/1.1\r\nHost: example.test\r\n\r\n")
        client.stdin.flush()
        assert read_answer(client) == b"ok"
        for letter in (b"K\n", b"k\n") if version == "1.3" else ():
            client.stdin.write(letter)
            client.stdin.flush()
            wait_until(lambda: b"KEYUPDATE" in client.stderr.readline(), "s_client has updated its keys")
            client.stdin.write(b"GET /2 HTTP/1.1\r\nHost: example.test\r\n\r\n")
            client.stdin.flush()
            assert read_answer(client) == b"ok"
    finally:
        client.kill()
        client.communicate()


def read_answer(client):
    length = 0
    while (line := client.stdout.readline().strip()) != b"":
        if line.lower().startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    return client.stdout.read(length)
