"""A hundred USR2 in a row under mixed load, a thousand before a release: nothing lost, nothing grows."""

import statistics
import threading

import pytest

from support import process_facts
from support.background import MixedLoad
from support.baton import is_sanitized
from support.waiting import wait_until


class PidFileWatch:
    """Reads the pid file without pause: it must always be there, be the only one, and name a living process."""

    def __init__(self, runtime):
        self.runtime = runtime
        self.complaints = []
        self.reads = 0
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.run)

    def run(self):
        while not self.ended.wait(0.001):
            self.reads += 1
            try:
                pid = int((self.runtime / "baton.pid").read_text())
            except (OSError, ValueError) as error:
                self.complaints.append(repr(error))
                continue
            if not process_facts.is_alive(pid):
                # It may have ended between the two looks; the file then names another by now.
                if int((self.runtime / "baton.pid").read_text()) == pid:
                    self.complaints.append(f"{pid} is not alive")
            others = [path.name for path in self.runtime.glob("*.pid*") if path.name not in ("baton.pid", "baton.pid.lineage")]
            if len(others) > 1 or any("oldbin" in name for name in others):
                self.complaints.append(f"beside it: {others}")

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.thread.join()


def wait_alone(proxy):
    wait_until(lambda: len(proxy.lineage()) == 3, "only the serving generation lives", 60)


def serving(proxy):
    """The pids of the master and its two workers, once they are alone."""
    wait_alone(proxy)
    return proxy.master_pid, *proxy.worker_pids()


def inherited(pids):
    return [(process_facts.arguments(pid), process_facts.environment(pid)) for pid in pids]


class MemorySamples:
    """RSS of the master and of the workers together in two spans of generations, each looked at when it is alone.

    One look would not do: what a worker needs differs by 4 % with the buffers of the last few milliseconds.
    (Private_Dirty is a tenth of RSS and differs by half; PSS differs with who else on the machine has mapped the same
    libraries.) So the medians of `SPAN` generations in a row are compared.
    """

    SPAN = 20

    def __init__(self, *begins):
        self.spans = {begin: [] for begin in begins}

    def take(self, number, proxy):
        for begin, samples in self.spans.items():
            if begin <= number < begin + self.SPAN:
                wait_alone(proxy)
                master = proxy.master_pid
                workers = proxy.worker_pids(master)
                samples.append((process_facts.memory(master)["rss"],
                                sum(process_facts.memory(pid)["rss"] for pid in workers)))

    def medians(self):
        """(master, workers) of each span."""
        return [tuple(statistics.median(column) for column in zip(*samples)) for samples in self.spans.values()]


@pytest.mark.parametrize("reuseport", [False, True], ids=["one socket", "reuseport"])
def test_a_hundred_upgrades_in_a_row_lose_nothing(baton, backend, quick, long, reuseport):
    if long:
        count = 100 if reuseport else 1000
    else:
        count = (5 if quick else 20) if reuseport else (20 if quick else 100)
    proxy = baton(upstreams={"app": {"endpoints": [backend.endpoint], "keepalive": {"idle_timeout": "500ms"}}},
                  drain={"max_generations": 30, "idle_grace": "1s"}, start=False)
    proxy.sections["listeners"] = [{"address": f"127.0.0.1:{proxy.address[1]}", "reuseport": reuseport}]
    proxy.write_config()
    proxy.start()
    proxy.upgrade_by_signal()
    inherited_first = inherited(serving(proxy))
    descriptors = [process_facts.descriptor_kinds(pid) for pid in serving(proxy)]
    first_memory = process_facts.memory(proxy.master_pid)["private_dirty"]
    memory = MemorySamples(100, count - MemorySamples.SPAN) if count > 100 else None
    load = MixedLoad(proxy.address, keepalive=16, fresh=4, post=4, sse=8, websocket=200)
    with PidFileWatch(proxy.runtime) as watch:
        for number in range(1, count):
            proxy.upgrade_by_signal()
            if memory:
                memory.take(number, proxy)
            if number % 10 == 0:
                wait_alone(proxy)  # what a link lost goes along when a master has served for a second
                so_far = load.so_far()
                assert so_far["failed"] == {}, (number, so_far)
                assert so_far["websockets_alive"] == 200
        result = load.result()
    assert result["failed"] == {}, result
    # Connections move, so nobody is told `Connection: close`.
    assert result["reconnects"] == 0, result
    assert all(result["done"][kind] > 0 for kind in ("keepalive", "fresh", "post", "sse", "websocket")), result
    assert proxy.status()["generations"][0]["generation"] == count + 1
    assert watch.complaints == [] and watch.reads > 0

    last = serving(proxy)
    wait_until(lambda: process_facts.hold_no_more(last, descriptors), "descriptors are as after the first upgrade", 20)
    assert inherited(last) == inherited_first
    for pid in proxy.lineage():
        assert process_facts.zombie_children(pid) == []
    # A sanitizer's shadow and quarantine grow with what was ever allocated; they are no memory of the master's, and what it
    # shares with the lineage is counted with whoever looks at it.
    if not is_sanitized():
        assert process_facts.memory(proxy.master_pid)["private_dirty"] < first_memory + 1024 * 1024
    if memory:
        early, late = memory.medians()
        for before, after in zip(early, late):
            assert abs(after / before - 1) < 0.02, (early, late)
    assert proxy.get("/bytes/128").status == 200
