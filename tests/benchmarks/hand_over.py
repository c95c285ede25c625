#!/usr/bin/env python3
"""Moves thousands of idle WebSockets to a successor, and back, and says how long that took and what was felt of it.

    tests/benchmarks/hand_over.py                     5000 plain ones, then 2000 over TLS 1.3
    tests/benchmarks/hand_over.py --plain 1000 --tls 0 --upgrades 10

Uses the release build, or the one in $BATON_BUILD. For each upgrade, and for the rollback at the end: WebSockets alive afterwards, time from the verdict
to the exit of the last old process, the longest time that a connection stood still, the longest time that a message
on one of them took there and back, and memory of both generations together at its peak, as a multiple of one's.
"""

import argparse
import resource
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support import process_facts, websocket  # noqa: E402
from support.background import BackendProcess  # noqa: E402
from support.baton import Baton  # noqa: E402
from support.certificates import make_ca, make_certificate  # noqa: E402
from support.free_port import free_port  # noqa: E402
from support.raw_client import RawClient  # noqa: E402
from support.tls_client import TlsClient, client_context  # noqa: E402
from support.waiting import wait_until  # noqa: E402
from support.websocket import BINARY, frame, read_frame  # noqa: E402


class Talk:
    """Messages on one WebSocket, one after the other; `longest` is the slowest of them in seconds."""

    def __init__(self, client):
        self.client, self.longest, self.count = client, 0.0, 0
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        while not self.ended.wait(0.002):
            began = time.monotonic()
            self.client.send(frame(BINARY, b"there and back", mask=True))
            assert read_frame(self.client.reader)[1] == b"there and back"
            self.longest = max(self.longest, time.monotonic() - began)
            self.count += 1

    def end(self):
        self.ended.set()
        self.thread.join()


class Memory:
    """The peak of what all processes of a lineage occupy (PSS), looked at again and again."""

    def __init__(self, proxy):
        self.proxy, self.peak = proxy, 0
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    @staticmethod
    def of(pids):
        total = 0
        for pid in pids:
            try:
                total += process_facts.memory(pid)["pss"]
            except (OSError, ValueError):
                pass
        return total

    def run(self):
        while not self.ended.wait(0.01):
            self.peak = max(self.peak, self.of(self.proxy.lineage()))

    def end(self):
        self.ended.set()
        self.thread.join()


def open_websocket(proxy, context):
    client = TlsClient(proxy.address, context=context) if context else RawClient(proxy.address)
    client.send(websocket.upgrade_request("/ws"))
    assert client.response().status == 101
    return client


def alive(client):
    client.send(frame(BINARY, b"alive", mask=True))
    return read_frame(client.reader)[1] == b"alive"


def measure(count, tls, upgrades):
    folder = Path(tempfile.mkdtemp(prefix="baton-bench-"))
    folder.chmod(0o755)
    port = free_port()
    listener = {"address": f"127.0.0.1:{port}", "tls": tls}
    settings, context = {}, None
    if tls:
        certificate = make_certificate(folder, ["example.test"], ca=make_ca(folder))
        settings = {"tls": {"certificates": [{"cert": str(certificate.cert), "key": str(certificate.key)}]}}
        context = client_context(certificate.ca, version="1.3")
    backend = BackendProcess()
    proxy = Baton(upstreams={"app": [backend.endpoint]}, listeners=[listener], workers=2, **settings)
    proxy.address = ("127.0.0.1", port)
    proxy.start()
    try:
        clients = [open_websocket(proxy, context) for _ in range(count)]
        for number, order in enumerate(["upgrade"] * upgrades + ["rollback"]):
            old = proxy.lineage()
            one = Memory.of(old)
            talk, memory = Talk(clients[number]), Memory(proxy)
            began = time.monotonic()
            assert proxy.command(order).returncode == 0
            verdict = time.monotonic()
            wait_until(lambda: (proxy.reap(), not any(process_facts.is_alive(pid) for pid in old))[1],
                       "the old generation is gone", 30)
            gone = time.monotonic()
            talk.end()
            memory.end()
            lost = sum(not alive(client) for client in clients)
            frozen = max(int(part.split("=")[1]) for line in proxy.error_text().splitlines() if "hand_over.done" in line
                         for part in line.split() if part.startswith("longest_freeze_us="))
            print(f"{order} with {count} {'TLS' if tls else 'plain'} WebSockets: {count - lost} alive, verdict after "
                  f"{(verdict - began) * 1000:.0f} ms, old generation gone {(gone - verdict) * 1000:.0f} ms later, "
                  f"frozen at most {frozen / 1000:.1f} ms, answered within {talk.longest * 1000:.1f} ms "
                  f"({talk.count} messages), memory ×{memory.peak / one:.2f}", flush=True)
    finally:
        proxy.stop()
        backend.end()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plain", type=int, default=5000)
    parser.add_argument("--tls", type=int, default=2000)
    parser.add_argument("--upgrades", type=int, default=3)
    options = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if options.plain:
        measure(options.plain, False, options.upgrades)
    if options.tls:
        measure(options.tls, True, options.upgrades)


if __name__ == "__main__":
    main()
