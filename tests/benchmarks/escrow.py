#!/usr/bin/env python3
"""Says what `process.escrow: on` costs, and how long a dead worker's WebSockets stand still.

    tests/benchmarks/escrow.py

Uses the release build, or the one in $BATON_BUILD. For a WebSocket over TLS 1.3 whose messages are echoed: user
instructions and system calls of the worker for each of them, off and on, when one follows the other and when the
connection rested in escrow before it. Then the memory that a resting one takes, and the time from SIGKILL to the last answer of a thousand.
"""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("BATON_TEST_PATIENCE", "5")  # callgrind is slow
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support import escrow, process_facts, websocket  # noqa: E402
from support.background import BackendProcess  # noqa: E402
from support.baton import Baton  # noqa: E402
from support.certificates import make_ca, make_certificate  # noqa: E402
from support.moving import says_back  # noqa: E402
from support.waiting import wait_until  # noqa: E402

MESSAGE = b"there and back"


class World:
    """An echoing backend, a certificate, and proxies of one worker before them."""

    def __init__(self):
        self.backend = BackendProcess()
        folder = Path(tempfile.mkdtemp(prefix="baton-bench-"))
        self.certificate = make_certificate(folder, ["example.test"], ca=make_ca(folder))

    def proxy(self, option, workers=1, inside=()):
        made = Baton(upstreams={"app": [self.backend.endpoint]}, workers=workers, process={"escrow": option},
                     certificates=[self.certificate])
        return made.start(inside=inside)

    @staticmethod
    def websockets(proxy, count):
        clients = [proxy.client(version="1.3") for _ in range(count)]
        for client in clients:
            client.send(websocket.upgrade_request("/ws"))
            assert client.response().status == 101
        return clients


def one_after_the_other(proxy, clients, messages, option):
    for _ in range(messages):
        assert says_back(clients[0], MESSAGE)


def out_of_rest(proxy, clients, messages, option):
    """Each connection says one thing, and the next only when all rest again."""
    for _ in range(messages // len(clients)):
        if option == "on":
            wait_until(lambda: escrow.resting(proxy) == len(clients), "all rest", 60)
        for client in clients:
            assert says_back(client, MESSAGE)


def instructions(world, option, talk, connections, messages):
    def run(count):
        folder = Path(tempfile.mkdtemp(prefix="baton-bench-"))
        folder.chmod(0o777)
        prefix = ("valgrind", "--tool=callgrind", "--trace-children=yes", f"--callgrind-out-file={folder}/out.%p",
                  "--log-file=/dev/null")
        proxy = world.proxy(option, inside=prefix)
        worker = proxy.worker_pids()[0]
        clients = world.websockets(proxy, connections)
        talk(proxy, clients, count, option)
        for client in clients:
            client.close()
        proxy.stop()
        text = (folder / f"out.{worker}").read_text(errors="replace")
        return int(re.search(r"^(?:totals|summary): (\d+)", text, re.M)[1])

    return (run(2 * messages) - run(messages)) / messages


def system_calls(world, option, talk, connections, messages):
    proxy = world.proxy(option)
    clients = world.websockets(proxy, connections)
    talk(proxy, clients, len(clients), option)
    report = proxy.folder / "strace"
    tracer = subprocess.Popen(["strace", "-f", "-c", "-o", report, "-p", str(proxy.worker_pids()[0])],
                              stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    assert "attached" in tracer.stderr.readline()
    talk(proxy, clients, messages, option)
    tracer.send_signal(signal.SIGINT)
    tracer.communicate(timeout=60)
    total = next(line for line in report.read_text().splitlines() if line.endswith("total"))
    proxy.stop()
    return int(total.split()[3]) / messages


def memory(world, option, connections=1000):
    proxy = world.proxy(option)
    held = world.websockets(proxy, 50)
    before = sum(process_facts.memory(pid)["pss"] for pid in proxy.lineage())
    held += world.websockets(proxy, connections)
    if option == "on":
        wait_until(lambda: escrow.resting(proxy) == len(held), "all rest", 60)
    after = sum(process_facts.memory(pid)["pss"] for pid in proxy.lineage())
    proxy.stop()
    return (after - before) / connections


def standing_still(world, connections=1000):
    """(adopted, seconds until they were, seconds until each of them has answered)"""
    proxy = world.proxy("on", workers=2)
    proxy.expects_crashes = True
    clients = world.websockets(proxy, connections)
    wait_until(lambda: escrow.resting(proxy) == connections, "all rest", 60)
    began = time.monotonic()
    os.kill(proxy.worker_pids()[0], signal.SIGKILL)
    (adopted, lost), = wait_until(lambda: escrow.settled(proxy), "they are adopted")
    settled = time.monotonic() - began
    assert lost == 0 and all(says_back(client, MESSAGE) for client in clients)
    answered = time.monotonic() - began
    proxy.stop()
    return adopted, settled, answered


def main():
    world = World()
    kinds = {"one after the other": (one_after_the_other, 1, 2000), "out of rest": (out_of_rest, 50, 200)}
    for name, (talk, connections, messages) in kinds.items():
        for unit, measure in (("user instructions", instructions), ("system calls", system_calls)):
            off, on = (measure(world, option, talk, connections, messages) for option in ("off", "on"))
            print(f"{unit} a message, {name}: off {off:.1f}, on {on:.1f} ({(on / off - 1) * 100:+.1f} %)", flush=True)
    off, on = memory(world, "off"), memory(world, "on")
    print(f"memory a quiet WebSocket: off {off:.0f}, on {on:.0f} bytes", flush=True)
    adopted, settled, answered = standing_still(world)
    print(f"{adopted} adopted {settled * 1000:.0f} ms after SIGKILL, "
          f"the last of 1000 has answered after {answered * 1000:.0f} ms")
    world.backend.end()


if __name__ == "__main__":
    main()
