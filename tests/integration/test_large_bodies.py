"""Large bodies pass byte for byte while the workers' memory stays flat."""

import hashlib
import json
import threading

import pytest

from support import process_facts
from support.background import BackendProcess
from support.backend import PATTERN, known_bytes


@pytest.fixture(scope="module")
def size(request):
    return (64 if request.config.getoption("--quick") else 1024) * 1024 * 1024


@pytest.fixture
def backend():
    process = BackendProcess()
    yield process
    process.end()


class Watch:
    """The largest resident size of some processes while something runs."""

    def __init__(self, pids):
        self.pids = pids
        self.highest = 0
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.run)

    def sample(self):
        self.highest = max([self.highest] + [process_facts.memory(pid)["rss"] for pid in self.pids])

    def run(self):
        while not self.ended.wait(0.05):
            self.sample()

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.thread.join()


def warmed(proxy):
    """Resident bytes of the largest worker once each has had some traffic."""
    for _ in range(20):
        assert proxy.get("/bytes/300000").status == 200
    return max(process_facts.memory(pid)["rss"] for pid in proxy.worker_pids())


GROWTH = 8 * 1024 * 1024


def test_an_upload_arrives_whole_and_memory_stays_flat(baton, backend, size):
    proxy = baton(upstreams={"app": [backend.endpoint]}, defaults={"limits": {"body_size": "off"}})
    before = warmed(proxy)
    digest = hashlib.sha256()
    with proxy.client(timeout=60) as client, Watch(proxy.worker_pids()) as watch:
        client.send(f"POST /digest HTTP/1.1\r\nHost: a.test\r\nContent-Length: {size}\r\n\r\n")
        left = size
        while left:
            piece = PATTERN[:min(left, len(PATTERN))]
            client.send(piece)
            digest.update(piece)
            left -= len(piece)
        answer = json.loads(client.response().body)
    assert answer == {"bytes": size, "sha256": digest.hexdigest()}
    assert watch.highest - before < GROWTH


@pytest.mark.parametrize("kind", ["bytes", "until_close"])
def test_a_download_arrives_whole_and_memory_stays_flat(baton, backend, size, kind):
    proxy = baton(upstreams={"app": [backend.endpoint]})
    before = warmed(proxy)
    expected, received, count = hashlib.sha256(), hashlib.sha256(), 0
    with proxy.client(timeout=60) as client, Watch(proxy.worker_pids()) as watch:
        client.request("GET", f"/bytes/{size}", [("Connection", "close")] if kind == "until_close" else [])
        head = client.reader.head()
        assert int(head.get("Content-Length")) == size
        while count < size:
            piece = client.reader.take(len(client.reader.buffer)) or client.sock.recv(1024 * 1024)
            assert piece, f"ended after {count} bytes"
            received.update(piece)
            count += len(piece)
    left = size
    while left:
        piece = PATTERN[:min(left, len(PATTERN))]
        expected.update(piece)
        left -= len(piece)
    assert received.hexdigest() == expected.hexdigest()
    assert watch.highest - before < GROWTH


def test_a_slow_reader_holds_back_the_upstream_not_memory(baton, backend):
    """Back-pressure is reading less: clients that do not read cost their buffers and no more."""
    proxy = baton(upstreams={"app": [backend.endpoint]}, workers=1)
    before = warmed(proxy)
    clients = [proxy.client(receive_buffer=4096) for _ in range(50)]
    for client in clients:
        client.request("GET", "/bytes/50000000")
        client.reader.head()
    after = process_facts.memory(proxy.worker_pids()[0])["rss"]
    assert after - before < 50 * 256 * 1024 + GROWTH
    for client in clients:
        client.close()


def test_a_body_of_many_tiny_chunks_passes(baton, backend):
    proxy = baton(upstreams={"app": [backend.endpoint]})
    body = known_bytes(20_000)
    with proxy.client() as client:
        client.send("POST /echo HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n")
        client.send(b"".join(b"1\r\n%c\r\n" % byte for byte in body) + b"0\r\n\r\n")
        assert client.response().body == body
