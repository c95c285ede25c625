"""A master that is killed costs nobody anything: its workers serve on, and the next `baton run` adopts them."""

import os
import re
import shutil
import signal
import socket
import stat
import subprocess

import pytest

from support import process_facts
from support.background import MixedLoad
from support.baton import BINARY, EX_CONFIG, EX_OK, EX_UNAVAILABLE
from support.free_port import free_port
from support.moving import echo, open_websocket, says_back, wait_gone
from support.waiting import wait_until


def lose_master(proxy):
    """Kills the serving master; its workers, which live."""
    workers = proxy.worker_pids()
    master = proxy.master_pid
    os.kill(master, signal.SIGKILL)
    wait_until(lambda: proxy.reap() and not process_facts.is_alive(master), "the master is dead")
    return workers


def adopted(proxy, workers):
    """Starts the next master and waits until nobody of the dead one's workers is left."""
    proxy.start()
    wait_gone(proxy, workers, 20)
    return proxy


def states(proxy):
    return {one["generation"]: one["state"] for one in proxy.status()["generations"]}


@pytest.mark.parametrize("transport", ["plain", "tls"])
def test_no_client_notices_that_a_master_was_killed_and_another_one_started(baton, backend, pki, transport, quick):
    secured = transport == "tls"
    proxy = baton(upstreams={"app": {"endpoints": [backend.endpoint], "keepalive": {"idle_timeout": "500ms"}}},
                  certificates=[pki.default()] if secured else [])
    load = MixedLoad(proxy.address, keepalive=16, fresh=4, post=4, sse=8, websocket=50,
                     **({"ca": pki.ca} if secured else {}))
    for _ in range(2 if quick else 5):
        workers = lose_master(proxy)
        # The dead one's program need not be there any more.
        proxy.binary.unlink()
        shutil.copy2(BINARY, proxy.binary)
        adopted(proxy, workers)
    so_far = load.so_far()
    assert so_far["websockets_alive"] == 50
    result = load.result()
    assert result["failed"] == {}, result
    assert result["reconnects"] == 0
    assert all(result["done"][kind] > 0 for kind in ("keepalive", "fresh", "post", "sse", "websocket")), result


def test_websockets_go_along_to_the_workers_of_the_new_master(proxied):
    proxy, _ = proxied(script=echo)
    held = [open_websocket(proxy) for _ in range(20)]
    adopted(proxy, lose_master(proxy))
    wait_until(lambda: states(proxy) == {2: "serving"}, "the dead one's generation is forgotten")
    assert all(says_back(client, b"still there") for client in held)
    # One that answers late is not among those of that line, but is adopted when it does.
    assert re.search(r"lineage\.adopted orphans=[12] generation=1 sockets=1", proxy.error_text())
    assert proxy.error_text().count("orphan.adopted") == 2


def test_counters_go_on_from_where_the_dead_master_left_them(proxied):
    proxy, _ = proxied()
    client = proxy.client()
    for _ in range(7):
        assert client.get("/").status == 200
    adopted(proxy, lose_master(proxy))
    assert client.get("/").status == 200
    assert proxy.status()["totals"]["requests"] == 8


def test_the_next_master_may_be_killed_as_well(proxied):
    proxy, _ = proxied(script=echo)
    client = open_websocket(proxy)
    for round_ in range(4):
        adopted(proxy, lose_master(proxy))
        assert says_back(client, b"round %d" % round_)


def test_a_master_that_was_adopted_for_can_be_upgraded_reloaded_and_stopped(proxied):
    proxy, _ = proxied(script=echo)
    client = open_websocket(proxy)
    adopted(proxy, lose_master(proxy))
    for order in ("upgrade", "reload", "upgrade"):
        assert proxy.command(order).returncode == EX_OK
        assert says_back(client, order.encode())
    adopted(proxy, lose_master(proxy))
    assert says_back(client, b"and again")
    proxy.command("stop", "--now")
    wait_until(lambda: proxy.reap() and not proxy.lineage(), "everything has ended")
    assert not (proxy.runtime / "baton.pid.lineage").exists()


def test_orphans_that_still_drain_when_the_new_master_is_told_to_stop_end_too(proxied):
    proxy, _ = proxied(upgrade={"handover": "off"}, drain={"timeout": "1h", "stop_timeout": "200ms", "close_spread": "0s"},
                       defaults={"timeouts": {"client_header": "1h"}})
    client = proxy.client()
    assert client.get("/").status == 200
    client.send("GET / HTTP/1.1\r\n")  # holds an orphan
    lose_master(proxy)
    proxy.start()
    wait_until(lambda: states(proxy) == {1: "draining", 2: "serving"}, "the orphans drain")
    proxy.signal(signal.SIGTERM)
    wait_until(lambda: proxy.reap() and not proxy.lineage(), "everything has ended", 20)


def test_an_older_master_whose_commander_was_killed_is_adopted_too(proxied):
    proxy, _ = proxied(upgrade={"handover": "off"}, drain={"timeout": "1h", "stop_timeout": "200ms", "close_spread": "0s"},
                       defaults={"timeouts": {"client_header": "1h"}})
    client = proxy.client()
    assert client.get("/").status == 200
    client.send("GET / HTTP/1.1\r\n")  # holds the first generation and its master
    assert proxy.command("upgrade").returncode == EX_OK
    workers = lose_master(proxy)
    proxy.start()
    wait_gone(proxy, workers, 20)
    wait_until(lambda: states(proxy) == {1: "draining", 3: "serving"}, "the second generation is forgotten")
    proxy.signal(signal.SIGTERM)
    wait_until(lambda: proxy.reap() and not proxy.lineage(), "everything has ended", 20)


def test_without_hand_over_the_orphans_finish_what_they_have(proxied):
    proxy, _ = proxied(upgrade={"handover": "off"}, defaults={"timeouts": {"client_header": "1h"}})
    client = proxy.client()
    assert client.get("/").status == 200
    client.send("GET / HTTP/1.1\r\n")
    workers = lose_master(proxy)
    proxy.start()
    wait_until(lambda: states(proxy) == {1: "draining", 2: "serving"}, "the orphans drain")
    client.send("Host: a.test\r\n\r\n")
    assert client.response().status == 200
    wait_gone(proxy, workers, 20)


def test_a_new_master_whose_configuration_is_wrong_leaves_the_orphans_as_they_are(proxied):
    proxy, _ = proxied(script=echo)
    client = open_websocket(proxy)
    workers = lose_master(proxy)
    proxy.write_config("listeners: [")
    answer = subprocess.run([str(proxy.binary), "run", "-c", str(proxy.config_file)], capture_output=True, text=True)
    assert answer.returncode == EX_CONFIG
    assert all(process_facts.is_alive(pid) for pid in workers)
    assert says_back(client, b"unharmed") and proxy.get("/").status == 200
    proxy.write_config()
    adopted(proxy, workers)
    assert says_back(client, b"adopted")


def test_a_new_master_that_cannot_come_up_gives_the_orphans_back_to_themselves(proxied):
    """It has adopted them, and then finds an address taken."""
    proxy, _ = proxied(script=echo)
    client = open_websocket(proxy)
    workers = lose_master(proxy)
    port = free_port()
    proxy.sections["listeners"].append(f"127.0.0.1:{port}")
    proxy.write_config()
    with socket.create_server(("127.0.0.1", port)):
        answer = subprocess.run([str(proxy.binary), "run", "-c", str(proxy.config_file)], capture_output=True, text=True)
        assert answer.returncode == EX_UNAVAILABLE, answer.stderr
    assert all(process_facts.is_alive(pid) for pid in workers)
    assert says_back(client, b"unharmed") and proxy.get("/").status == 200
    adopted(proxy, workers)
    assert says_back(client, b"adopted")


def test_an_orphan_that_is_stopped_is_adopted_when_it_goes_on(proxied):
    proxy, _ = proxied(script=echo)
    workers = lose_master(proxy)
    os.kill(workers[0], signal.SIGSTOP)
    try:
        proxy.start()
        wait_gone(proxy, workers[1:], 20)
    finally:
        os.kill(workers[0], signal.SIGCONT)
    wait_gone(proxy, workers, 20)


def test_every_kind_of_listener_is_adopted(proxied, tmp_path):
    """Several sockets of one port, one whose port the kernel chose, and a path."""
    path = tmp_path / "socket"
    port = free_port()
    listeners = [{"name": "main", "address": f"127.0.0.1:{port}", "reuseport": True},
                 {"name": "any", "address": "127.0.0.1:0"}, {"name": "path", "address": f"unix:{path}"}]
    proxy, _ = proxied(listeners=listeners, workers=3)
    inode = path.stat().st_ino
    before = listening(proxy.master_pid)
    adopted(proxy, lose_master(proxy))
    assert listening(proxy.master_pid) == before
    assert path.stat().st_ino == inode
    proxy.address = ("127.0.0.1", port)
    assert all(proxy.get("/").status == 200 for _ in range(20))


def listening(pid):
    """The sockets among its descriptors by which it listens, those of commands and of the lineage included or not."""
    inodes = set()
    for table in ("tcp", "tcp6"):
        with open(f"/proc/{pid}/net/{table}") as lines:
            rows = [line.split() for line in lines][1:]
        inodes.update(row[9] for row in rows if row[3] == "0A")
    held = process_facts.socket_inodes(pid)
    return {inode for inode in inodes if int(inode) in held}


def test_a_first_master_does_not_wait_for_orphans_that_are_not_there(proxied):
    proxy, _ = proxied()
    for pid in lose_master(proxy):
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not proxy.lineage(), "nobody is left")
    assert (proxy.runtime / "baton.pid.lineage").exists()
    proxy.start()
    assert proxy.get("/").status == 200
    assert "lineage.adopted" not in proxy.error_text()


def test_orphans_in_a_strict_sandbox_are_adopted_too(proxied):
    proxy, _ = proxied(script=echo, process={"sandbox": "strict"})
    client = open_websocket(proxy)
    adopted(proxy, lose_master(proxy))
    assert says_back(client, b"still there")
    assert "forbidden_call" not in proxy.error_text()


def test_only_the_owner_can_reach_the_orphans(proxied):
    proxy, _ = proxied()
    mode = (proxy.runtime / "baton.pid.lineage").stat().st_mode
    assert stat.S_ISSOCK(mode) and stat.S_IMODE(mode) == 0o600
