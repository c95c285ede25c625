"""A worker that dies or hangs costs only what it was doing."""

import os
import signal

from support import process_facts
from support.background import MixedLoad
from support.waiting import wait_until

# What a client may see of a request that the dead worker held.
OF_THE_DEAD_WORKER = ("reset", "early_eof")


def losses(result):
    """Failures by reason over all kinds."""
    counts = {}
    for name, count in result["failed"].items():
        reason = name.partition(".")[2]
        counts[reason] = counts.get(reason, 0) + count
    return counts


def crashing(baton, *arguments, **keywords):
    proxy = baton(*arguments, **keywords)
    proxy.expects_crashes = True
    return proxy


def test_a_killed_worker_loses_only_its_own_requests_and_refuses_nobody(baton, backend, quick):
    proxy = crashing(baton, upstreams={"app": [backend.endpoint]})
    load = MixedLoad(proxy.address, keepalive=16, fresh=8, post=4, sse=0, websocket=0)
    connections = 16 + 8 + 4
    kills = 3 if quick else 20
    for _ in range(kills):
        before = proxy.worker_pids()
        os.kill(before[0], signal.SIGKILL)
        wait_until(lambda: before[0] not in proxy.worker_pids() and len(proxy.worker_pids()) == 2, "it is replaced")
    result = load.result()
    counts = losses(result)
    assert set(counts) <= set(OF_THE_DEAD_WORKER), result
    assert sum(counts.values()) <= kills * connections
    assert proxy.get("/").status == 200


def test_all_workers_killed_at_once_refuse_nobody(baton, backend):
    proxy = crashing(baton, upstreams={"app": [backend.endpoint]})
    workers = proxy.worker_pids()
    for pid in workers:
        os.kill(pid, signal.SIGKILL)
    assert proxy.get("/bytes/128").status == 200
    wait_until(lambda: len(proxy.worker_pids()) == 2 and not set(workers) & set(proxy.worker_pids()), "both are replaced")


def test_websockets_of_the_other_worker_live_on(baton, backend):
    proxy = crashing(baton, upstreams={"app": [backend.endpoint]})
    load = MixedLoad(proxy.address, keepalive=0, fresh=0, post=0, sse=0, websocket=40)
    victim = proxy.worker_pids()[0]
    held = sum("socket" in kind for kind in process_facts.descriptors(victim).values())
    os.kill(victim, signal.SIGKILL)
    wait_until(lambda: victim not in proxy.worker_pids() and len(proxy.worker_pids()) == 2, "it is replaced")
    result = load.result()
    assert sum(result["failed"].values()) <= held, result


def test_a_stopped_worker_is_noticed_and_replaced(baton, backend):
    proxy = crashing(baton, upstreams={"app": [backend.endpoint]})
    stopped = proxy.worker_pids()[0]
    os.kill(stopped, signal.SIGSTOP)
    wait_until(lambda: stopped not in proxy.worker_pids(), "the hang is noticed", 30)
    wait_until(lambda: len(proxy.worker_pids()) == 2, "it is replaced")
    assert all(proxy.get("/bytes/128").status == 200 for _ in range(20))


def test_a_crash_loop_is_backed_off_and_leaves_the_master_alive(baton, backend):
    proxy = crashing(baton, upstreams={"app": [backend.endpoint]}, workers=1)
    master = proxy.master_pid
    for _ in range(8):
        (worker,) = wait_until(proxy.worker_pids, "a worker is there", 30)[:1]
        os.kill(worker, signal.SIGKILL)
        wait_until(lambda: worker not in proxy.worker_pids(), "it is reaped")
    assert proxy.master_pid == master
    wait_until(lambda: proxy.worker_pids(), "a worker comes back", 30)
    assert proxy.get("/bytes/128").status == 200


def test_a_dead_worker_leaves_neither_descriptors_nor_zombies(baton, backend):
    proxy = crashing(baton, upstreams={"app": [backend.endpoint]})
    before = [process_facts.descriptor_kinds(proxy.master_pid)]
    for _ in range(3):
        worker = proxy.worker_pids()[0]
        os.kill(worker, signal.SIGSEGV)
        wait_until(lambda: worker not in proxy.worker_pids() and len(proxy.worker_pids()) == 2, "it is replaced", 30)
    wait_until(lambda: process_facts.hold_no_more([proxy.master_pid], before), "descriptors are as before")
    assert process_facts.zombie_children(proxy.master_pid) == []


def test_an_upgrade_works_after_a_crash(baton, backend):
    proxy = crashing(baton, upstreams={"app": [backend.endpoint]})
    os.kill(proxy.worker_pids()[0], signal.SIGKILL)
    proxy.upgrade_by_signal()
    assert proxy.get("/bytes/128").status == 200
