"""Each function measures one cost of one proxy; lower is better."""

import re
import signal
import struct
import subprocess
import tempfile
from pathlib import Path

from proxies import Origin, Running, load

from support import process_facts, websocket
from support.background import BackendProcess
from support.raw_client import RawClient

HERE = Path(__file__).resolve().parent


def system_calls_per_request(kind, requests=20_000):
    """strace counts what the worker calls while h2load sends keep-alive GETs over 64 connections."""
    with Origin() as origin, Running(kind, origin.endpoint) as proxy:
        load(proxy.address, 2_000)
        report = proxy.folder / "strace"
        tracer = subprocess.Popen(["strace", "-f", "-c", "-o", report, "-p", str(proxy.worker())],
                                  stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        assert "attached" in tracer.stderr.readline()
        load(proxy.address, requests)
        tracer.send_signal(signal.SIGINT)
        tracer.communicate(timeout=60)
        total = next(line for line in report.read_text().splitlines() if line.endswith("total"))
        # % time, seconds, µs/call, calls, perhaps errors, "total"
        return int(total.split()[3]) / requests


def instructions_per_request(kind, requests=2_000):
    """callgrind counts user instructions of the worker in two runs of N and 2 N requests; their difference by N."""

    def run(count):
        folder = Path(tempfile.mkdtemp(prefix="baton-bench-"))
        folder.chmod(0o777)
        prefix = ["valgrind", "--tool=callgrind", "--trace-children=yes", f"--callgrind-out-file={folder}/out.%p",
                  "--log-file=/dev/null"]
        with Origin() as origin, Running(kind, origin.endpoint, prefix) as proxy:
            load(proxy.address, count)
        totals = []
        for file in folder.glob("out.*"):
            match = re.search(r"^(?:totals|summary): (\d+)", file.read_text(errors="replace"), re.M)
            totals.append(int(match[1]) if match else 0)
        return max(totals)

    return (run(2 * requests) - run(requests)) / requests


class Heap:
    """Runs a proxy with the counting allocator; reads its worker's counters."""

    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="baton-bench-"))
        self.folder.chmod(0o777)
        library = self.folder / "malloc_counter.so"
        subprocess.run(["gcc", "-O2", "-shared", "-fPIC", HERE / "malloc_counter.c", "-o", library], check=True)
        self.environment = {"LD_PRELOAD": str(library), "MALLOC_COUNTER": str(self.folder)}

    def counters(self, pid):
        """(allocations, frees, live bytes)"""
        return struct.unpack("qqq", (self.folder / str(pid)).read_bytes()[:24])


def allocations_per_request(kind, requests=20_000):
    """The allocator counts what the worker allocates in two runs of N and 2 N requests; their difference by N."""
    heap = Heap()
    with Origin() as origin, Running(kind, origin.endpoint, environment=heap.environment) as proxy:
        load(proxy.address, 5_000)
        counts = []
        for amount in (requests, 2 * requests):
            before = heap.counters(proxy.worker())[0]
            load(proxy.address, amount)
            counts.append(heap.counters(proxy.worker())[0] - before)
        return max(0, counts[1] - counts[0]) / requests


def heap_per_idle_connection(kind, connections=1_000):
    """Live heap bytes that idle keep-alive connections add, each after one answer."""
    heap = Heap()
    with Origin() as origin, Running(kind, origin.endpoint, environment=heap.environment) as proxy:
        open_idle(proxy.address, 50, [])
        before = heap.counters(proxy.worker())[2]
        held = []
        open_idle(proxy.address, connections, held)
        after = heap.counters(proxy.worker())[2]
        for client in held:
            client.close()
        return (after - before) / connections


def open_idle(address, count, held):
    for _ in range(count):
        client = RawClient(address)
        assert client.get("/").status == 200
        held.append(client)


def memory_per_idle_websocket(kind, tunnels=1_000):
    """Growth of the worker's proportional set size (PSS) over idle WebSocket tunnels, in bytes a tunnel."""
    backend = BackendProcess()
    try:
        with Running(kind, backend.endpoint) as proxy:
            held = [open_tunnel(proxy.address) for _ in range(50)]
            before = process_facts.memory(proxy.worker())["pss"]
            held += [open_tunnel(proxy.address) for _ in range(tunnels)]
            after = process_facts.memory(proxy.worker())["pss"]
            for client in held:
                client.close()
            return (after - before) / tunnels
    finally:
        backend.end()


def open_tunnel(address):
    client = RawClient(address)
    client.send(websocket.upgrade_request("/ws"))
    assert client.response().status == 101
    client.send(websocket.frame(websocket.TEXT, b"hello", mask=True))
    assert websocket.read_frame(client.reader)[1] == b"hello"
    return client


# name -> (function, unit, the most that Baton may cost)
BUDGETS = {
    "system calls": (system_calls_per_request, "per keep-alive GET of 128 bytes", 4.3),
    "user instructions": (instructions_per_request, "per keep-alive GET of 128 bytes", 12_000),
    "heap allocations": (allocations_per_request, "per keep-alive GET of 128 bytes", 0.01),
    "heap": (heap_per_idle_connection, "bytes per idle keep-alive connection", 1.5 * 1024),
    "memory": (memory_per_idle_websocket, "bytes of PSS per idle WebSocket tunnel", 5 * 1024),
}
